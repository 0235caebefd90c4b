import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Arena, SLAB_BYTES } from '../../../storage/arena.ts';
import { SeededRandom } from './seeded-random.ts';

/** Sizes as znodes have them: most small, some of any size up to more than a slab. */
function randomSize(random: SeededRandom): number {
  const kind = random.next();
  if (kind < 0.7) return 1 + random.below(400);
  if (kind < 0.95) return 1 + random.below(20_000);
  return 1 + random.below(2 * SLAB_BYTES);
}

function fill(arena: Arena, address: number, bytes: number, value: number): void {
  const start = arena.offset(address);
  arena.buffer(address).fill(value, start, start + bytes);
}

function holds(arena: Arena, address: number, bytes: number, value: number): boolean {
  const start = arena.offset(address);
  const block = arena.buffer(address).subarray(start, start + bytes);
  return block.length === bytes && block.equals(Buffer.alloc(bytes, value));
}

describe('Arena', () => {
  it('gives blocks that never overlap, whatever is allocated and freed', () => {
    const random = new SeededRandom(42);
    const arena = new Arena();
    const blocks: { address: number; bytes: number; value: number }[] = [];
    for (let step = 0; step < 6000; step++) {
      const grows = step % 2000 < 1300 ? 0.65 : 0.2;
      if (blocks.length === 0 || random.next() < grows) {
        const bytes = randomSize(random);
        const block = { address: arena.allocate(bytes), bytes, value: random.below(256) };
        fill(arena, block.address, bytes, block.value);
        blocks.push(block);
      } else {
        const at = random.below(blocks.length);
        const block = blocks[at]!;
        assert.ok(holds(arena, block.address, block.bytes, block.value), `step ${step}`);
        arena.free(block.address);
        blocks[at] = blocks[blocks.length - 1]!;
        blocks.pop();
      }
      assert.equal(arena.stats.blocks, blocks.length);
    }
    for (const { address, bytes, value } of blocks) assert.ok(holds(arena, address, bytes, value));
    for (const { address } of blocks) arena.free(address);
    assert.equal(arena.stats.usedBytes, 0);
    assert.equal(arena.stats.blocks, 0);
  });

  it('uses freed blocks again before it takes more memory', () => {
    const arena = new Arena();
    const allocateAll = (): number[] => Array.from({ length: 50_000 }, () => arena.allocate(200));
    const first = allocateAll();
    const reserved = arena.stats.reservedBytes;
    for (let i = 0; i < first.length; i += 2) arena.free(first[i]!);
    for (let i = 0; i < first.length; i += 2) arena.allocate(200);
    assert.equal(arena.stats.reservedBytes, reserved);
  });

  it('lets blocks of another size have the memory when a slab is empty', () => {
    const arena = new Arena();
    const small = Array.from({ length: 20_000 }, () => arena.allocate(100));
    for (const address of small) arena.free(address);
    const reserved = arena.stats.reservedBytes;
    for (let i = 0; i < 1000; i++) arena.allocate(1000);
    assert.equal(arena.stats.reservedBytes, reserved);
  });

  it('gives memory back to the system when much is free', () => {
    const arena = new Arena();
    const blocks = Array.from({ length: 200 }, () => arena.allocate(100_000));
    const full = arena.stats;
    assert.ok(full.slabs >= 20);
    for (const address of blocks) arena.free(address);
    assert.ok(arena.stats.slabs <= 8, `${arena.stats.slabs} slabs are kept`);
    assert.ok(arena.stats.reservedBytes < full.reservedBytes);
  });

  it('gives a large block a buffer of its own, which goes with it', () => {
    const arena = new Arena();
    const address = arena.allocate(3 * SLAB_BYTES);
    assert.equal(arena.buffer(address).length, 3 * SLAB_BYTES);
    assert.equal(arena.offset(address), 0);
    arena.free(address);
    assert.equal(arena.stats.reservedBytes, 0);
    assert.equal(arena.allocate(2 * SLAB_BYTES), address);
  });

  it('takes more than an eighth of what it holds for nobody', () => {
    const arena = new Arena();
    for (let bytes = 129; bytes < 130_000; bytes += 997) {
      const before = arena.stats.usedBytes;
      const address = arena.allocate(bytes);
      const block = arena.stats.usedBytes - before;
      assert.ok(block <= bytes * 1.125 + 16, `${bytes} bytes take ${block}`);
      arena.free(address);
    }
  });

  it('says that a block fits what would get one of the same kind', () => {
    const arena = new Arena();
    const small = arena.allocate(200);
    assert.ok(arena.fits(small, 193));
    assert.ok(arena.fits(small, 208));
    assert.ok(!arena.fits(small, 209));
    assert.ok(!arena.fits(small, 192));
    assert.ok(!arena.fits(small, 500_000));
    const large = arena.allocate(800_000);
    assert.ok(arena.fits(large, 800_000));
    assert.ok(arena.fits(large, 700_000));
    assert.ok(!arena.fits(large, 699_999));
    assert.ok(!arena.fits(large, 800_001));
    assert.ok(!arena.fits(large, 200));
  });

  it('refuses to free a block of a slab that is not in use', () => {
    const arena = new Arena();
    const address = arena.allocate(100);
    arena.free(address);
    assert.throws(() => arena.free(address), /in use/);
  });
});
