import { type Int64, JuteWriter } from 'jute-ts';

/** Buffers that connections borrow for their replies. */
export class SlabPool {
  readonly slabBytes: number;
  readonly #maxFree: number;
  readonly #free: Buffer[] = [];

  constructor(options: { readonly slabBytes: number; readonly maxFree: number }) {
    this.slabBytes = options.slabBytes;
    this.#maxFree = options.maxFree;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes);
  }

  /** Gives a buffer back; one that has another size or is one too many is left to the collector. */
  give(slab: Buffer): void {
    if (slab.length === this.slabBytes && this.#free.length < this.#maxFree) this.#free.push(slab);
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
/** int32 length, int xid, long zxid, int err. */
const HEADER_BYTES = 20;

/**
 * The replies of one connection on their way out: frames are written one behind the other into one
 * buffer, which `take` hands over whole. A connection that has nothing to say holds no buffer.
 */
export class ReplyOutput {
  readonly #pool: SlabPool;
  readonly #writer: JuteWriter;
  #frameStart = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
    this.#writer = new JuteWriter({
      grow: (current, used, needed) => this.#grow(current, used, needed),
    }).reset(EMPTY);
  }

  /** Bytes written and not yet taken. */
  get bytes(): number {
    return this.#writer.offset;
  }

  /**
   *   reply = int32 length, int xid, long zxid, int err, [body]
   *
   * Returns the writer for the body. `end` must follow.
   */
  begin(xid: number, zxid: Int64): JuteWriter {
    const writer = this.#writer;
    writer.reserve(HEADER_BYTES);
    this.#frameStart = writer.offset;
    writer.writeInt(0);
    writer.writeInt(xid);
    writer.writeLongParts(zxid.hi, zxid.lo);
    writer.writeInt(0);
    return writer;
  }

  /** Closes the reply; with an error, whatever was written of the body is dropped. Returns the frame's bytes without its length. */
  end(err: number): number {
    if (err !== 0) this.#writer.offset = this.#frameStart + HEADER_BYTES;
    return this.endWithBody(err);
  }

  /** Closes the reply and keeps its body, whatever `err` is. */
  endWithBody(err: number): number {
    this.#writer.buffer.writeInt32BE(err, this.#frameStart + HEADER_BYTES - 4);
    return this.#endFrame();
  }

  /** A frame without a reply header; `endPlain` must follow. */
  beginPlain(): JuteWriter {
    this.#writer.reserve(4);
    this.#frameStart = this.#writer.offset;
    this.#writer.writeInt(0);
    return this.#writer;
  }

  endPlain(): number {
    return this.#endFrame();
  }

  /** Bytes that are sent as they are (a frame made once for many connections, a four-letter word's answer). */
  writeRaw(bytes: Uint8Array): void {
    this.#writer.writeBytes(bytes);
  }

  /** The bytes to send; the buffer behind them belongs to the caller, who gives it back with `release`. */
  take(): Buffer {
    const bytes = this.#writer.buffer.subarray(0, this.#writer.offset);
    this.#writer.reset(EMPTY);
    return bytes;
  }

  /** Takes back what `take` handed over, once it is sent. */
  release(bytes: Buffer): void {
    if (bytes.buffer.byteLength === this.#pool.slabBytes) {
      this.#pool.give(Buffer.from(bytes.buffer));
    }
  }

  #endFrame(): number {
    const writer = this.#writer;
    const length = writer.offset - this.#frameStart - 4;
    writer.buffer.writeInt32BE(length, this.#frameStart);
    return length;
  }

  #grow(current: Buffer, used: number, needed: number): Buffer {
    if (current.length === 0 && needed <= this.#pool.slabBytes) return this.#pool.take();
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * current.length));
    current.copy(grown, 0, 0, used);
    this.#pool.give(current);
    return grown;
  }
}
