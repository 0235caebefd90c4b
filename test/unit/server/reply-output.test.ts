import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyOutput, SlabPool } from '../../../server/reply-output.ts';

const SLAB_BYTES = 256;
const ZXID = { hi: 1, lo: -2 };

function output(maxFree = 4): { readonly pool: SlabPool; readonly output: ReplyOutput } {
  const pool = new SlabPool({ slabBytes: SLAB_BYTES, maxFree });
  return { pool, output: new ReplyOutput(pool) };
}

test('a reply is a length, a header and a body', () => {
  const { output: out } = output();
  out.begin(7, ZXID).writeString('/a');
  assert.equal(out.end(0), 22);
  assert.equal(
    out.take().toString('hex'),
    `${'00000016'}${'00000007'}${'00000001fffffffe'}${'00000000'}${'000000022f61'}`,
  );
});

test('with an error the body is dropped', () => {
  const { output: out } = output();
  out.begin(7, ZXID).writeString('half of a body');
  assert.equal(out.end(-101), 16);
  assert.equal(
    out.take().toString('hex'),
    `${'00000010'}${'00000007'}${'00000001fffffffe'}${'ffffff9b'}`,
  );
});

test('one kind of reply keeps its body with an error', () => {
  const { output: out } = output();
  out.begin(7, ZXID).writeInt(5);
  assert.equal(out.endWithBody(-5), 20);
  assert.equal(
    out.take().toString('hex'),
    `${'00000014'}${'00000007'}${'00000001fffffffe'}${'fffffffb'}${'00000005'}`,
  );
});

test('replies, plain frames and raw bytes leave in one piece, in order', () => {
  const { output: out } = output();
  out.beginPlain().writeInt(1);
  assert.equal(out.endPlain(), 4);
  out.begin(2, ZXID);
  out.end(0);
  out.writeRaw(Buffer.from('raw'));
  assert.equal(out.bytes, 8 + 20 + 3);
  assert.equal(
    out.take().toString('hex'),
    `${'0000000400000001'}${'00000010'}${'00000002'}${'00000001fffffffe'}${'00000000'}${'726177'}`,
  );
  assert.equal(out.bytes, 0);
  assert.equal(out.take().length, 0);
});

test('what is larger than a slab gets a buffer of its own, also when it begins within one', () => {
  const { output: out } = output();
  out.begin(1, ZXID);
  out.end(0);
  const large = Buffer.alloc(10 * SLAB_BYTES, 7);
  out.begin(2, ZXID).writeBuffer(large);
  assert.equal(out.end(0), 16 + 4 + large.length);
  out.begin(3, ZXID);
  out.end(0);
  const bytes = out.take();
  assert.equal(bytes.length, 20 + 24 + large.length + 20);
  assert.deepEqual(bytes.subarray(44, 44 + large.length), large);
  assert.equal(bytes.readInt32BE(20), 20 + large.length);
  assert.equal(bytes.readInt32BE(bytes.length - 16), 3);
});

test('a slab is used again once it was given back', () => {
  const { pool, output: out } = output();
  out.begin(1, ZXID);
  out.end(0);
  const first = out.take();
  out.begin(2, ZXID);
  out.end(0);
  const second = out.take();
  assert.notEqual(second.buffer, first.buffer, 'not while it is being sent');
  out.release(first);
  out.begin(3, ZXID);
  out.end(0);
  const third = out.take();
  assert.equal(third.buffer, first.buffer);
  assert.equal(third.readInt32BE(4), 3);
  assert.equal(pool.take().length, SLAB_BYTES);
});

test('a slab that a large reply has outgrown is given back at once', () => {
  const { pool, output: out } = output();
  out.begin(1, ZXID);
  out.end(0);
  const slab = out.take();
  out.release(slab);
  out.begin(2, ZXID).writeBuffer(Buffer.alloc(SLAB_BYTES));
  out.end(0);
  assert.equal(pool.take().buffer, slab.buffer);
});

test('an output that has nothing to say holds no slab', () => {
  const pool = new SlabPool({ slabBytes: SLAB_BYTES, maxFree: 1000 });
  const outputs = Array.from({ length: 100 }, () => new ReplyOutput(pool));
  const used = new Set<ArrayBufferLike>();
  for (const out of outputs) {
    out.begin(1, ZXID);
    out.end(0);
    const bytes = out.take();
    used.add(bytes.buffer);
    out.release(bytes);
  }
  assert.equal(used.size, 1);
});

test('the pool keeps as many slabs as it may, and none of another size', () => {
  const pool = new SlabPool({ slabBytes: SLAB_BYTES, maxFree: 2 });
  const slabs = [1, 2, 3].map(() => pool.take());
  pool.give(Buffer.allocUnsafeSlow(SLAB_BYTES * 2));
  pool.give(Buffer.allocUnsafeSlow(SLAB_BYTES - 1));
  for (const slab of slabs) pool.give(slab);
  const again = [1, 2, 3].map(() => pool.take());
  assert.equal(again.filter((slab) => slabs.includes(slab)).length, 2);
  for (const slab of again) assert.equal(slab.length, SLAB_BYTES);
});

test('a buffer that is not a slab is not taken for one', () => {
  const { pool, output: out } = output();
  out.begin(1, ZXID).writeBuffer(Buffer.alloc(SLAB_BYTES));
  out.end(0);
  const large = out.take();
  out.release(large);
  assert.notEqual(pool.take().buffer, large.buffer);
});
