import { JuteError } from './error.ts';
import type { Int64 } from './int64.ts';
import { encodedBytes, encodeUnits, isPlainUtf8, NATIVE_UNITS } from './string-codec.ts';

/**
 * Answers a buffer of at least `neededBytes` whose first `usedBytes` are those of `current`. What it answers replaces
 * `current`; positions stay the same.
 */
export type GrowBuffer = (current: Buffer, usedBytes: number, neededBytes: number) => Buffer;

export type JuteWriterOptions = {
  /** Called when the buffer is full; without it the writer throws a JuteError `OVERFLOW`. */
  readonly grow?: GrowBuffer;
};

/** Writes Jute values into a buffer that belongs to the caller, from `offset` on. One writer serves many buffers. */
export class JuteWriter {
  /** The output. */
  buffer: Buffer = EMPTY;
  /** Position of the next byte to write. */
  offset: number = 0;
  readonly #grow: GrowBuffer | undefined;

  constructor(options: JuteWriterOptions = {}) {
    this.#grow = options.grow;
  }

  /** Starts over at `offset` of `buffer`. */
  reset(buffer: Buffer, offset: number = 0): this {
    if (!(offset >= 0 && offset <= buffer.length)) {
      throw new RangeError(`${offset} is not within a buffer of ${buffer.length} bytes`);
    }
    this.buffer = buffer;
    this.offset = offset;
    return this;
  }

  /** Makes room for `bytes` more bytes, or throws a JuteError `OVERFLOW`. */
  reserve(bytes: number): void {
    if (this.offset + bytes > this.buffer.length) this.#makeRoom(bytes);
  }

  /** `byte`: the low 8 bits of `value`. */
  writeByte(value: number): void {
    this.reserve(1);
    this.buffer[this.offset++] = value;
  }

  /** `boolean`: 1 or 0. */
  writeBool(value: boolean): void {
    this.reserve(1);
    this.buffer[this.offset++] = value ? 1 : 0;
  }

  /** `int`: the low 32 bits of `value`, big-endian. */
  writeInt(value: number): void {
    this.reserve(4);
    this.#putInt(value);
  }

  /** `long`, from two 32-bit halves. */
  writeLong(value: Int64): void {
    this.reserve(8);
    this.#putInt(value.hi);
    this.#putInt(value.lo);
  }

  /** `long`, from two 32-bit halves that are not in an object. */
  writeLongParts(hi: number, lo: number): void {
    this.reserve(8);
    this.#putInt(hi);
    this.#putInt(lo);
  }

  /** `float`: rounded to IEEE 754 single. */
  writeFloat(value: number): void {
    this.reserve(4);
    this.offset = this.buffer.writeFloatBE(value, this.offset);
  }

  /** `double`: IEEE 754 double. */
  writeDouble(value: number): void {
    this.reserve(8);
    this.offset = this.buffer.writeDoubleBE(value, this.offset);
  }

  /** `ustring`: int length and every UTF-16 unit encoded by itself (see string-codec.ts); null is length -1. */
  writeString(text: string | null): void {
    if (text === null) {
      this.writeInt(-1);
      return;
    }
    const units = text.length;
    this.reserve(4 + units);
    if (units >= NATIVE_UNITS) {
      this.#writeLongString(text);
      return;
    }
    const buffer = this.buffer;
    let at = this.offset + 4;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#writeUnits(text);
        return;
      }
      buffer[at++] = unit;
    }
    this.#putInt(units);
    this.offset = at;
  }

  /** `buffer`: int length and the bytes; null is length -1. */
  writeBuffer(bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.writeInt(-1);
      return;
    }
    this.reserve(4 + bytes.length);
    this.#putInt(bytes.length);
    this.buffer.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** The bytes alone, without a length. */
  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** The count before the items of a vector or map; -1 is a null vector. */
  writeCount(count: number): void {
    this.writeInt(count);
  }

  #putInt(value: number): void {
    const buffer = this.buffer;
    const at = this.offset;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.offset = at + 4;
  }

  #writeLongString(text: string): void {
    if (!isPlainUtf8(text)) {
      this.#writeUnits(text);
      return;
    }
    // With room for the worst case, the size need not be known before.
    if (this.offset + 4 + 3 * text.length > this.buffer.length) {
      this.reserve(4 + Buffer.byteLength(text));
    }
    const bytes = this.buffer.write(text, this.offset + 4);
    this.#putInt(bytes);
    this.offset += bytes;
  }

  /** Writes text that is not ASCII or has surrogates. */
  #writeUnits(text: string): void {
    const bytes = encodedBytes(text);
    this.reserve(4 + bytes);
    this.#putInt(bytes);
    this.offset = encodeUnits(this.buffer, this.offset, text);
  }

  #makeRoom(bytes: number): void {
    const neededBytes = this.offset + bytes;
    if (this.#grow !== undefined) {
      const grown = this.#grow(this.buffer, this.offset, neededBytes);
      if (grown.length >= neededBytes) {
        this.buffer = grown;
        return;
      }
    }
    throw new JuteError({
      code: 'OVERFLOW',
      offset: this.offset,
      field: '',
      reason: `${bytes} bytes do not fit in the ${this.buffer.length - this.offset} that are left`,
    });
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
