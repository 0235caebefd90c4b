import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { NodeGzip } from '../../../storage/io/snapshot-gzip.ts';
import {
  type Chunks,
  compressed,
  decompressed,
  fileChunks,
  GzipError,
} from '../../../storage/snapshot-stream.ts';
import { memoryFile, snapshotError, vector } from './snapshot-fixtures.ts';

const PORTS = { gzip: new NodeGzip(), file: 'snapshot.1' };
const RAW = vector('snapshots/mixed.raw');

/** The bytes in one piece of memory that is used again and again, and whether somebody has stopped asking. */
class Source {
  isClosed = false;
  readonly #bytes: Buffer;
  readonly #failAt: number;

  constructor(bytes: Buffer, failAt = Number.POSITIVE_INFINITY) {
    this.#bytes = bytes;
    this.#failAt = failAt;
  }

  async *chunks(pieceBytes = 1000): AsyncGenerator<Buffer> {
    const piece = Buffer.alloc(pieceBytes);
    try {
      for (let at = 0; at < this.#bytes.length; at += pieceBytes) {
        if (at >= this.#failAt) throw new Error('the disk is gone');
        yield piece.subarray(0, this.#bytes.copy(piece, 0, at, at + pieceBytes));
        piece.fill(0xee);
      }
    } finally {
      this.isClosed = true;
    }
  }
}

async function collect(chunks: Chunks): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

describe('a file', () => {
  for (const chunkBytes of [1, 999, RAW.length, 1 << 20]) {
    it(`is read in chunks of ${chunkBytes} bytes`, async () => {
      const file = memoryFile(chunkBytes === 1 ? RAW.subarray(0, 500) : RAW);
      const read = await collect(fileChunks(file, chunkBytes));
      assert.ok(read.equals(RAW.subarray(0, file.bytes)));
    });
  }

  it('that is empty has no chunks', async () => {
    assert.equal((await collect(fileChunks(memoryFile(Buffer.alloc(0))))).length, 0);
  });
});

describe('compression', () => {
  for (const compression of ['none', 'gz', 'snappy'] as const) {
    it(`${compression} gives back the bytes`, async () => {
      const file = await collect(compressed(new Source(RAW).chunks(), compression, PORTS));
      const back = await collect(decompressed(new Source(file).chunks(77), compression, PORTS));
      assert.ok(back.equals(RAW));
    });

    it(`${compression} passes on what goes wrong below it`, async () => {
      const lost = { message: 'the disk is gone' };
      await assert.rejects(
        collect(compressed(new Source(RAW, 3000).chunks(), compression, PORTS)),
        lost,
      );
      const file = await collect(compressed(new Source(RAW).chunks(), compression, PORTS));
      const source = new Source(file, 3000);
      await assert.rejects(collect(decompressed(source.chunks(), compression, PORTS)), lost);
    });

    it(`${compression} lets go of what is below it when nobody asks any more`, async () => {
      const bytes = await collect(compressed(new Source(RAW).chunks(), compression, PORTS));
      const source = new Source(Buffer.concat([bytes, Buffer.alloc(1 << 20)]));
      for await (const chunk of decompressed(source.chunks(), compression, PORTS)) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.equal(source.isClosed, true);
    });
  }

  it('gz is what others make and read', async () => {
    const file = await collect(compressed(new Source(RAW).chunks(), 'gz', PORTS));
    assert.ok(gunzipSync(file).equals(RAW));
    const theirs = new Source(gzipSync(RAW));
    assert.ok((await collect(decompressed(theirs.chunks(), 'gz', PORTS))).equals(RAW));
  });

  it('that is damaged is the file’s fault', async () => {
    const cut = gzipSync(RAW).subarray(0, 20_000);
    await assert.rejects(collect(PORTS.gzip.decompress(new Source(cut).chunks())), GzipError);
    await assert.rejects(
      collect(decompressed(new Source(cut).chunks(), 'gz', PORTS)),
      snapshotError(
        'BAD_COMPRESSION',
        /^snapshot\.1: the compression is damaged: .*; use an older/,
      ),
    );
    const notSnappy = new Source(cut);
    await assert.rejects(
      collect(decompressed(notSnappy.chunks(), 'snappy', PORTS)),
      snapshotError('BAD_COMPRESSION', /damaged at offset 0 of the file: the stream begins with/),
    );
  });
});
