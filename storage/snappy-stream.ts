/**
 * The stream of snappy-java (SnappyOutputStream, SnappyCodec):
 *
 *     stream = magic (82 "SNAPPY" 00)  version:int (1)  compatible:int (1)  {length:int block}*
 *
 * Integers are big-endian; a block is one of snappy.ts and holds 32 KiB of the data, the last one less. No checksum.
 */
import {
  decompressSnappy,
  maxSnappyBytes,
  SnappyCompressor,
  SnappyError,
  snappyDataBytes,
} from './snappy.ts';

/** How every stream begins. */
export const SNAPPY_MAGIC: Buffer = Buffer.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
const VERSION = 1;
const HEADER_BYTES = 16;
const BLOCK_BYTES = 32 << 10;
/** The largest block that is read; a writer may be set to other sizes than 32 KiB, though a server's is not. */
const MAX_DATA_BYTES = 1 << 20;
const MAX_BLOCK_BYTES: number = maxSnappyBytes(MAX_DATA_BYTES);

type Sink = (chunk: Buffer) => void;

/** Compresses chunks of any size; what the sink gets belongs to it. */
export class SnappyEncoder {
  readonly #sink: Sink;
  readonly #compressor: SnappyCompressor = new SnappyCompressor();
  readonly #data: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #dataBytes = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
    const header = Buffer.alloc(HEADER_BYTES);
    SNAPPY_MAGIC.copy(header);
    header.writeInt32BE(VERSION, 8);
    header.writeInt32BE(VERSION, 12);
    this.#sink(header);
  }

  /** `chunk` may change afterwards. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      // Whole blocks are taken from where they are.
      if (this.#dataBytes === 0 && chunk.length - at >= BLOCK_BYTES) {
        this.#block(chunk, at, at + BLOCK_BYTES);
        at += BLOCK_BYTES;
        continue;
      }
      const copied = chunk.copy(this.#data, this.#dataBytes, at);
      this.#dataBytes += copied;
      at += copied;
      if (this.#dataBytes === BLOCK_BYTES) this.#flush();
    }
  }

  end(): void {
    if (this.#dataBytes > 0) this.#flush();
  }

  #flush(): void {
    this.#block(this.#data, 0, this.#dataBytes);
    this.#dataBytes = 0;
  }

  #block(data: Buffer, start: number, end: number): void {
    const output = Buffer.allocUnsafeSlow(4 + maxSnappyBytes(end - start));
    const bytes = this.#compressor.compress(data, start, end, output, 4);
    output.writeInt32BE(bytes - 4, 0);
    this.#sink(output.subarray(0, bytes));
  }
}

/** Decompresses chunks of any size, in memory of two blocks; what the sink gets is good until it returns. */
export class SnappyDecoder {
  readonly #sink: Sink;
  /** The start of the header, or of a length and its block. */
  #carry: Buffer = Buffer.allocUnsafeSlow(4 + maxSnappyBytes(BLOCK_BYTES));
  #carryBytes = 0;
  #data: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #hasHeader = false;
  /** Where the carry begins, in the stream. */
  #offset = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /**
   * `chunk` may change afterwards.
   *
   * @throws SnappyError, its offset that in the stream
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const room = this.#needed() - this.#carryBytes;
      const copied = chunk.copy(
        this.#carry,
        this.#carryBytes,
        at,
        Math.min(at + room, chunk.length),
      );
      this.#carryBytes += copied;
      at += copied;
      if (copied < room) return;
      if (!this.#hasHeader) this.#readHeader();
      else if (this.#carryBytes > 4) this.#readBlock();
    }
  }

  /**
   * Checks that the stream ends behind a block.
   *
   * @throws SnappyError
   */
  end(): void {
    if (this.#carryBytes === 0 && this.#hasHeader) return;
    const what = this.#hasHeader ? 'a block' : 'the header';
    const problem = `the stream ends after ${this.#carryBytes} bytes of ${what}`;
    throw new SnappyError(this.#offset, problem);
  }

  /** Bytes that the carry must have to get on; it has room for them. */
  #needed(): number {
    if (!this.#hasHeader) return HEADER_BYTES;
    if (this.#carryBytes < 4) return 4;
    const bytes = this.#carry.readInt32BE(0);
    if (bytes <= 0 || bytes > MAX_BLOCK_BYTES) {
      const problem = `the length of a block is ${bytes}, not within 1..${MAX_BLOCK_BYTES}`;
      throw new SnappyError(this.#offset, problem);
    }
    if (4 + bytes > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(4 + bytes);
      this.#carry.copy(grown, 0, 0, this.#carryBytes);
      this.#carry = grown;
    }
    return 4 + bytes;
  }

  #readHeader(): void {
    const compatible = this.#carry.readInt32BE(12);
    if (this.#carry.compare(SNAPPY_MAGIC, 0, 8, 0, 8) !== 0 || compatible !== VERSION) {
      const found = this.#carry.toString('hex', 0, HEADER_BYTES);
      throw new SnappyError(0, `the stream begins with ${found}, not as those of snappy-java do`);
    }
    this.#hasHeader = true;
    this.#used();
  }

  #readBlock(): void {
    const dataBytes = this.#decompress();
    this.#used();
    this.#sink(this.#data.subarray(0, dataBytes));
  }

  /** Bytes of data, which are in `#data` then. */
  #decompress(): number {
    const block = this.#carry;
    const end = this.#carryBytes;
    try {
      const bytes = snappyDataBytes(block, 4, end);
      if (bytes > MAX_DATA_BYTES) {
        throw new SnappyError(4, `a block has ${bytes} bytes of data, more than ${MAX_DATA_BYTES}`);
      }
      if (bytes > this.#data.length) this.#data = Buffer.allocUnsafeSlow(bytes);
      decompressSnappy(block, 4, end, this.#data, 0);
      return bytes;
    } catch (error) {
      if (!(error instanceof SnappyError)) throw error;
      throw new SnappyError(this.#offset + error.offset, error.message);
    }
  }

  #used(): void {
    this.#offset += this.#carryBytes;
    this.#carryBytes = 0;
  }
}
