import { JuteError, type JuteErrorCode } from './error.ts';
import type { Int64 } from './int64.ts';
import { decodeString } from './string-codec.ts';

export type JuteReaderOptions = {
  /** Longest `ustring` or `buffer` accepted, in bytes. Default: ZooKeeper's, twice `jute.maxbuffer` = 2 * 0xfffff. */
  readonly maxBufferBytes?: number;
  /** How deep records of a recursive schema may nest. Default 64: far more than a schema needs, far less than the stack. */
  readonly maxDepth?: number;
};

/**
 * Reads Jute values from a buffer that belongs to the caller. Nothing is copied: `readBuffer` answers views. One
 * reader serves many buffers (`reset`). Every read is checked against `end`; a failed one throws a JuteError that
 * names `field`, and leaves `offset` anywhere.
 */
export class JuteReader {
  /** The input; not copied, so it must not change while it is read. */
  buffer: Buffer = EMPTY;
  /** Position of the next byte to read. */
  offset: number = 0;
  /** Position behind the last byte that may be read. */
  end: number = 0;
  /** What is being read, for errors; generated readers set it to `Record.field`. */
  field: string = '';
  readonly maxBufferBytes: number;
  readonly maxDepth: number;
  #depth: number = 0;

  constructor(options: JuteReaderOptions = {}) {
    this.maxBufferBytes = options.maxBufferBytes ?? 0xfffff + 0xfffff;
    this.maxDepth = options.maxDepth ?? 64;
  }

  /** Starts over on bytes [offset, end) of `buffer`; they must lie within it. */
  reset(buffer: Buffer, offset: number = 0, end: number = buffer.length): this {
    if (!(offset >= 0 && offset <= end && end <= buffer.length)) {
      throw new RangeError(`[${offset}, ${end}) is not within a buffer of ${buffer.length} bytes`);
    }
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
    this.field = '';
    this.#depth = 0;
    return this;
  }

  /** Bytes left to read. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** `byte`: one byte, -128..127. */
  readByte(): number {
    const at = this.#advance(1);
    return (this.buffer[at]! << 24) >> 24;
  }

  /** `boolean`: one byte; anything but 0 is true. */
  readBool(): boolean {
    const at = this.#advance(1);
    return this.buffer[at] !== 0;
  }

  /** `int`: four bytes, big-endian, signed. */
  readInt(): number {
    const at = this.#advance(4);
    const buffer = this.buffer;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  /** `long`: eight bytes, big-endian, as two signed halves. To avoid the object, call `readInt` twice. */
  readLong(): Int64 {
    const at = this.#advance(8);
    const buffer = this.buffer;
    return {
      hi: (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!,
      lo:
        (buffer[at + 4]! << 24) |
        (buffer[at + 5]! << 16) |
        (buffer[at + 6]! << 8) |
        buffer[at + 7]!,
    };
  }

  /** `float`: IEEE 754 single, big-endian. */
  readFloat(): number {
    return this.buffer.readFloatBE(this.#advance(4));
  }

  /** `double`: IEEE 754 double, big-endian. */
  readDouble(): number {
    return this.buffer.readDoubleBE(this.#advance(8));
  }

  /** `ustring`: int length (-1 = null) and UTF-8; malformed parts become U+FFFD as in Java. */
  readString(): string | null {
    const length = this.#readLength();
    if (length < 0) return null;
    const at = this.#advance(length);
    return decodeString(this.buffer, at, at + length);
  }

  /** `buffer`: int length (-1 = null) and bytes; the answer is a view of the input, valid as long as that. */
  readBuffer(): Buffer | null {
    const length = this.#readLength();
    if (length < 0) return null;
    const at = this.#advance(length);
    return this.buffer.subarray(at, at + length);
  }

  /**
   * The count of a vector whose items take at least `minItemBytes` (1 or more) each; -1 = null. A count that the
   * remaining bytes cannot hold is refused before anything is allocated for it. Counts below -1 are read as 0,
   * as Java's reader does: peers see the difference.
   */
  readCount(minItemBytes: number): number {
    const at = this.offset;
    const count = this.readInt();
    if (count < 0) return count === -1 ? -1 : 0;
    if (count * minItemBytes > this.end - this.offset) {
      const room = this.end - this.offset;
      this.#fail(
        'UNREASONABLE_LENGTH',
        at,
        `count ${count} of items of at least ${minItemBytes} bytes, but ${room} bytes remain,`,
      );
    }
    return count;
  }

  /** Generated readers of recursive records call this on entry, and `leave` at the end; bounds the stack. */
  enter(): void {
    if (++this.#depth > this.maxDepth) {
      this.#fail('TOO_DEEP', this.offset, `records nested deeper than ${this.maxDepth}`);
    }
  }

  /** The counterpart of `enter`. */
  leave(): void {
    this.#depth--;
  }

  #readLength(): number {
    const at = this.offset;
    const length = this.readInt();
    if (length < -1 || length > this.maxBufferBytes) {
      this.#fail(
        'UNREASONABLE_LENGTH',
        at,
        `length ${length} is not within -1..${this.maxBufferBytes}`,
      );
    }
    return length;
  }

  /** Takes `bytes` bytes of the input and answers where they start. */
  #advance(bytes: number): number {
    const at = this.offset;
    const next = at + bytes;
    if (next > this.end) {
      this.#fail('UNEXPECTED_END', at, `${bytes} bytes needed, ${this.end - at} remain`);
    }
    this.offset = next;
    return at;
  }

  #fail(code: JuteErrorCode, offset: number, reason: string): never {
    throw new JuteError({ code, offset, field: this.field, reason });
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
