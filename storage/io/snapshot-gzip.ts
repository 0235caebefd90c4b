import { createGunzip, createGzip, type Gunzip, type Gzip } from 'node:zlib';
import { type Chunks, type GzipCodec, GzipError } from '../snapshot-stream.ts';

const CHUNK_BYTES = 256 << 10;

/** gzip on libuv's pool. */
export class NodeGzip implements GzipCodec {
  compress(chunks: Chunks): Chunks {
    return through(createGzip({ chunkSize: CHUNK_BYTES }), chunks);
  }

  async *decompress(chunks: Chunks): AsyncGenerator<Buffer> {
    try {
      yield* through(createGunzip({ chunkSize: CHUNK_BYTES }), chunks);
    } catch (error) {
      if (!isZlibError(error)) throw error;
      throw new GzipError(error.message, { cause: error });
    }
  }
}

/** What the transform makes of the chunks. A chunk is given to it when it has done with the one before. */
async function* through(transform: Gzip | Gunzip, chunks: Chunks): AsyncGenerator<Buffer> {
  const feeder = new Feeder(transform);
  const fed = feeder.feed(chunks).catch((error: unknown) => {
    transform.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } finally {
    transform.destroy();
    await fed;
  }
}

/** Writes to a transform, one chunk after the other, until it is closed, for whatever reason. */
class Feeder {
  readonly #transform: Gzip | Gunzip;
  #onClosed: () => void = () => {};

  constructor(transform: Gzip | Gunzip) {
    this.#transform = transform;
    // A transform that fails or is destroyed never calls back for the chunk that it was at.
    transform.once('close', () => this.#onClosed());
  }

  async feed(chunks: Chunks): Promise<void> {
    for await (const chunk of chunks) {
      if (this.#transform.destroyed) return;
      await this.#write(chunk);
    }
    if (!this.#transform.destroyed) this.#transform.end();
  }

  #write(chunk: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      // An error comes out where the output is read.
      this.#transform.write(chunk, () => resolve());
    });
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
