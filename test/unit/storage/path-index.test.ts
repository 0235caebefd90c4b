import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashPath } from '../../../storage/path-hash.ts';
import { PathIndex } from '../../../storage/path-index.ts';
import { ZnodeField, ZnodeTable } from '../../../storage/znode-table.ts';
import { SeededRandom } from './seeded-random.ts';

function chainLength(table: ZnodeTable, index: PathIndex, hash: number): number {
  let length = 0;
  for (let slot = index.first(hash); slot >= 0; slot = table.get(slot, ZnodeField.CHAIN)) length++;
  return length;
}

function has(table: ZnodeTable, index: PathIndex, slot: number): boolean {
  const hash = table.get(slot, ZnodeField.HASH);
  let at = index.first(hash);
  while (at >= 0 && at !== slot) at = table.get(at, ZnodeField.CHAIN);
  return at === slot;
}

/** As many slots as are added at once to what is there: a rebuild, a few more, a rebuild, many more. */
const BATCHES = [1, 5000, 10, 1, 30_000, 20_000];

describe('PathIndex', () => {
  it('takes many slots at once, and goes on with single ones', () => {
    const random = new SeededRandom(9);
    const table = new ZnodeTable();
    const index = new PathIndex(table);
    const isSame = (): boolean => false;
    const single = (): void => {
      const slot = table.allocate();
      table.set(slot, ZnodeField.HASH, (random.next() * 0x1_0000_0000) | 0);
      index.insert(slot);
    };
    for (const batch of BATCHES) {
      const from = table.count;
      for (let i = 0; i < batch; i++) {
        const slot = table.allocate();
        table.set(slot, ZnodeField.HASH, (random.next() * 0x1_0000_0000) | 0);
      }
      assert.equal(index.insertAll(from, table.count, isSame), -1);
      for (let i = 0; i < 100; i++) single();
      assert.equal(index.count, table.count);
      for (let slot = 0; slot < table.count; slot++) assert.ok(has(table, index, slot));
    }
    for (let slot = 0; slot < table.count; slot++) index.remove(slot);
    assert.equal(index.count, 0);
  });

  it('tells of slots that are the same as earlier ones', () => {
    const table = new ZnodeTable();
    const index = new PathIndex(table);
    for (const hash of [7, 7 + 2048, 7, 9, 7]) table.set(table.allocate(), ZnodeField.HASH, hash);
    const asked: number[][] = [];
    const doubled = index.insertAll(0, 5, (slot, other) => {
      asked.push([slot, other]);
      return slot === 4 && other === 0;
    });
    assert.equal(doubled, 4);
    assert.deepEqual(asked, [
      [2, 0],
      [4, 2],
      [4, 0],
    ]);
  });

  const hashes: [string, (random: SeededRandom, i: number) => number][] = [
    ['spread', (random) => (random.next() * 0x1_0000_0000) | 0],
    ['few', (random) => random.below(50) - 25],
    ['equal in the lower bits', (_random, i) => i << 16],
    ['running', (_random, i) => i],
  ];
  for (const [name, hashOf] of hashes) {
    it(`finds what is in it and nothing else, with hashes that are ${name}`, () => {
      const random = new SeededRandom(3);
      const table = new ZnodeTable();
      const index = new PathIndex(table);
      const slots = new Set<number>();
      for (let i = 0; i < 5000; i++) {
        if (slots.size === 0 || random.next() < 0.8) {
          const slot = table.allocate();
          table.set(slot, ZnodeField.HASH, hashOf(random, i));
          index.insert(slot);
          slots.add(slot);
        } else {
          const slot = random.pick([...slots.values()].slice(0, 50));
          index.remove(slot);
          assert.ok(!has(table, index, slot));
          table.release(slot);
          slots.delete(slot);
        }
        if (i % 500 === 0) for (const slot of slots) assert.ok(has(table, index, slot));
      }
      for (const slot of slots) assert.ok(has(table, index, slot));
      assert.equal(table.count, slots.size);
    });
  }

  it('has short chains at every size on its way to 200000 paths', () => {
    const table = new ZnodeTable();
    const index = new PathIndex(table);
    let longest = 0;
    for (let i = 0; i < 200_000; i++) {
      const path = Buffer.from(`/services/shop/instances/member_${i}`);
      const slot = table.allocate();
      const hash = hashPath(path, 0, path.length, 0x5eed);
      table.set(slot, ZnodeField.HASH, hash);
      index.insert(slot);
      if (i % 50 === 0) longest = Math.max(longest, chainLength(table, index, hash));
    }
    assert.ok(longest <= 12, `a chain of ${longest}`);
  });
});

describe('hashPath', () => {
  it('depends on every byte, the length and the seed', () => {
    const path = Buffer.from('/a/longer/path');
    const all = new Set([hashPath(path, 0, path.length, 0), hashPath(path, 0, path.length, 1)]);
    for (let i = 0; i < path.length; i++) {
      const changed = Buffer.from(path);
      changed[i]! ^= 0x80;
      all.add(hashPath(changed, 0, path.length, 0));
      all.add(hashPath(path, 0, i, 0));
    }
    assert.equal(all.size, 2 + 2 * path.length);
    const zeros = Buffer.alloc(8);
    const lengths = new Set(Array.from({ length: 9 }, (_, i) => hashPath(zeros, 0, i, 0)));
    assert.equal(lengths.size, 9);
  });

  it('depends on nothing else', () => {
    const path = Buffer.from('xx/a/b/cyy');
    assert.equal(hashPath(path, 2, 8, 7), hashPath(Buffer.from('/a/b/c'), 0, 6, 7));
  });
});
