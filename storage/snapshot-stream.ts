import type { ReadableFile } from './ports.ts';
import { SnappyError } from './snappy.ts';
import { SnappyDecoder, SnappyEncoder } from './snappy-stream.ts';
import { SnapshotError } from './snapshot-error.ts';
import type { SnapshotCompression } from './snapshot-format.ts';

/** Bytes in pieces. A piece is good until the next one is asked for, then its memory may be used again. */
export type Chunks = AsyncIterable<Buffer>;

/** gzip, both ways; `io/snapshot-gzip.ts` has it. */
export interface GzipCodec {
  compress(chunks: Chunks): Chunks;
  /** Throws a GzipError where the input is no gzip, damaged or cut off. */
  decompress(chunks: Chunks): Chunks;
}

export class GzipError extends Error {
  override readonly name: string = 'GzipError';
}

export type CompressionPorts = { readonly gzip: GzipCodec };

const READ_BYTES = 1 << 20;

/** The file from its start; the next piece is being read while one is used. */
export async function* fileChunks(
  file: ReadableFile,
  chunkBytes: number = READ_BYTES,
): AsyncGenerator<Buffer> {
  let used = Buffer.allocUnsafeSlow(chunkBytes);
  let read = Buffer.allocUnsafeSlow(chunkBytes);
  let position = 0;
  let bytes = await file.read(read, 0, chunkBytes, 0);
  while (bytes > 0) {
    position += bytes;
    [used, read] = [read, used];
    const next = file.read(read, 0, chunkBytes, position);
    // Whoever stops here closes the file, and what becomes of the read is of no interest; else it is awaited below.
    next.catch(() => {});
    yield used.subarray(0, bytes);
    bytes = await next;
  }
}

/** The chunks as they are written to a file with that compression. */
export function compressed(
  chunks: Chunks,
  compression: SnapshotCompression,
  { gzip }: CompressionPorts,
): Chunks {
  switch (compression) {
    case 'none':
      return chunks;
    case 'gz':
      return gzip.compress(chunks);
    case 'snappy':
      return snappyCompressed(chunks);
  }
}

/**
 * The snapshot in the chunks of a file with that compression.
 *
 * @param file its path, for errors.
 * @throws SnapshotError BAD_COMPRESSION, while iterating
 */
export function decompressed(
  chunks: Chunks,
  compression: SnapshotCompression,
  { gzip, file }: CompressionPorts & { readonly file: string },
): Chunks {
  switch (compression) {
    case 'none':
      return chunks;
    case 'gz':
      return withSnapshotErrors(gzip.decompress(chunks), file);
    case 'snappy':
      return withSnapshotErrors(snappyDecompressed(chunks), file);
  }
}

async function* snappyCompressed(chunks: Chunks): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  const encoder = new SnappyEncoder((chunk) => ready.push(chunk));
  for await (const chunk of chunks) {
    encoder.push(chunk);
    yield* ready;
    ready = [];
  }
  encoder.end();
  yield* ready;
}

/** Blocks are put together, for what is done per chunk. */
async function* snappyDecompressed(chunks: Chunks): AsyncGenerator<Buffer> {
  let output = Buffer.allocUnsafeSlow(READ_BYTES);
  let bytes = 0;
  const decoder = new SnappyDecoder((data) => {
    if (bytes + data.length > output.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(output.length * 2, bytes + data.length));
      output.copy(grown, 0, 0, bytes);
      output = grown;
    }
    bytes += data.copy(output, bytes);
  });
  for await (const chunk of chunks) {
    // A little at a time: compressed data may be many times as long as the chunk.
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      decoder.push(chunk.subarray(at, at + PIECE_BYTES));
      if (bytes < PIECE_BYTES) continue;
      yield output.subarray(0, bytes);
      bytes = 0;
    }
  }
  decoder.end();
  if (bytes > 0) yield output.subarray(0, bytes);
}

const PIECE_BYTES = 64 << 10;

async function* withSnapshotErrors(chunks: Chunks, file: string): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof SnappyError || error instanceof GzipError)) throw error;
    const place = error instanceof SnappyError ? ` at offset ${error.offset} of the file` : '';
    throw new SnapshotError({
      code: 'BAD_COMPRESSION',
      file,
      offset: null,
      problem: `the compression is damaged${place}: ${error.message}`,
      cause: error,
    });
  }
}
