import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from '../../../protocol/framing.ts';
import { Random } from '../../differential/random.ts';

const MAX_BYTES = 1000;

function framed(payload: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(payload.length);
  return Buffer.concat([prefix, payload]);
}

/** All whole frames that are there now, as views. */
function takeAll(reader: FrameReader): Buffer[] {
  const frames: Buffer[] = [];
  while (reader.next() === 'frame') frames.push(reader.buffer.subarray(reader.start, reader.end));
  return frames;
}

test('frames in one chunk are views of it, in order', () => {
  const payloads = ['one', '', 'three'].map((text) => Buffer.from(text));
  const chunk = Buffer.concat(payloads.map(framed));
  const reader = new FrameReader(MAX_BYTES);
  reader.push(chunk);
  const frames = takeAll(reader);
  assert.deepEqual(frames, payloads);
  for (const frame of frames) assert.equal(frame.buffer, chunk.buffer, 'nothing was copied');
  assert.equal(reader.bufferedBytes, 0);
});

test('a frame that comes byte by byte is there with its last one', () => {
  const reader = new FrameReader(MAX_BYTES);
  const stream = framed(Buffer.from('payload'));
  for (const [i, byte] of stream.entries()) {
    assert.equal(reader.next(), 'more', `before byte ${i}`);
    reader.push(Buffer.from([byte]));
    assert.equal(reader.bufferedBytes, i + 1);
  }
  assert.deepEqual(takeAll(reader), [Buffer.from('payload')]);
});

test('a stream cut anywhere gives the same frames, whose bytes stay as they are', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const random = new Random(seed);
    const payloads = Array.from({ length: 30 }, () =>
      random.bytes(random.pick([0, 1, 3, 20, random.below(MAX_BYTES + 1), MAX_BYTES])),
    );
    const stream = Buffer.concat(payloads.map(framed));
    const reader = new FrameReader(MAX_BYTES);
    const frames: Buffer[] = [];
    const longest = random.pick([2, 10, 100, 5000]);
    for (let at = 0; at < stream.length; ) {
      const end = Math.min(stream.length, at + random.between(1, longest));
      // A copy for each chunk, as a socket gives it.
      reader.push(Buffer.from(stream.subarray(at, end)));
      at = end;
      // Not always at once: what is waiting to be taken must survive the next chunk.
      if (random.chance(70)) frames.push(...takeAll(reader));
    }
    frames.push(...takeAll(reader));
    // Compared only now: had a later chunk overwritten an earlier frame, it would show.
    assert.deepEqual(frames, payloads, `seed ${seed}`);
    assert.equal(reader.bufferedBytes, 0);
  }
});

const LENGTHS: readonly {
  readonly length: number;
  readonly verdict: ReturnType<FrameReader['next']>;
}[] = [
  { length: -1, verdict: 'invalid' },
  { length: -0x8000_0000, verdict: 'invalid' },
  { length: 0x7fff_ffff, verdict: 'invalid' },
  { length: MAX_BYTES + 1, verdict: 'invalid' },
  { length: MAX_BYTES, verdict: 'more' },
  { length: 0, verdict: 'frame' },
];

for (const { length, verdict } of LENGTHS) {
  test(`a length of ${length} is answered «${verdict}» as soon as it is there`, () => {
    const reader = new FrameReader(MAX_BYTES);
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(length);
    reader.push(prefix.subarray(0, 3));
    assert.equal(reader.next(), 'more');
    reader.push(prefix.subarray(3));
    assert.equal(reader.peekInt(), length);
    assert.equal(reader.next(), verdict);
    if (verdict === 'invalid') {
      reader.push(framed(Buffer.from('later')));
      assert.equal(reader.next(), 'invalid', 'the stream can not be trusted any more');
    }
  });
}

test('what is announced costs nothing before it is sent', () => {
  const MIB = 1 << 20;
  const reader = new FrameReader(64 * MIB);
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(64 * MIB);
  const before = process.memoryUsage().arrayBuffers;
  reader.push(prefix);
  for (let i = 0; i < 1000; i += 1) {
    reader.push(Buffer.from([i]));
    assert.equal(reader.next(), 'more');
  }
  const grownBytes = process.memoryUsage().arrayBuffers - before;
  assert(grownBytes < MIB, `${grownBytes} bytes`);
});

test('a frame that comes in many pieces is not copied once for each', () => {
  const reader = new FrameReader(1 << 24);
  const payload = Buffer.alloc(1 << 24, 7);
  const stream = framed(payload);
  let copies = 0;
  let last: ArrayBufferLike | undefined;
  const pieceBytes = 1 << 14;
  for (let at = 0; at < stream.length; at += pieceBytes) {
    reader.push(stream.subarray(at, at + pieceBytes));
    const view = reader.peek(0, 1);
    if (view?.buffer !== last) copies += 1;
    last = view?.buffer;
  }
  assert.deepEqual(takeAll(reader), [payload]);
  assert(copies < 16, `moved ${copies} times`);
});

test('bytes can be looked at without being taken', () => {
  const reader = new FrameReader(MAX_BYTES);
  assert.equal(reader.peekInt(), undefined);
  reader.push(Buffer.from('stm'));
  assert.equal(reader.peekInt(), undefined);
  reader.push(Buffer.from('k12345678'));
  assert.equal(reader.peekInt(), Buffer.from('stmk').readInt32BE());
  assert.deepEqual(reader.peek(4, 8), Buffer.from('12345678'));
  assert.equal(reader.peek(4, 9), undefined);
  assert.equal(reader.bufferedBytes, 12);
});
