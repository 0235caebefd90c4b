/**
 * Cuts a byte stream into length-prefixed frames.
 *
 *   frame = int32 length, length bytes
 *
 * A chunk that holds whole frames is never copied: a frame is then a view of the chunk. Bytes are
 * copied only to join a frame that arrived in pieces, into a buffer that doubles, so that neither a
 * hostile length nor a sender of single bytes costs more than twice what was really sent.
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  #buffer: Buffer = EMPTY;
  #offset = 0;
  #end = 0;
  /** Whether `#buffer` was allocated here and may be appended to. */
  #owned = false;
  /** The last frame found by `next`: `buffer[start, end)`. The buffer is never written to again below `end`. */
  buffer: Buffer = EMPTY;
  start = 0;
  end = 0;

  /** @param maxFrameBytes the largest length (prefix not counted) that is accepted */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes received and not yet taken as frames. */
  get bufferedBytes(): number {
    return this.#end - this.#offset;
  }

  /** Adds received bytes; the reader keeps the chunk and its frames are views of it. */
  push(chunk: Buffer): void {
    const held = this.#end - this.#offset;
    if (held === 0) {
      this.#buffer = chunk;
      this.#offset = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#buffer.length - this.#end < chunk.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(1024, 2 * (held + chunk.length)));
      this.#buffer.copy(grown, 0, this.#offset, this.#end);
      this.#buffer = grown;
      this.#offset = 0;
      this.#end = held;
      this.#owned = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The next four bytes as a signed int without taking them; undefined if fewer have arrived. */
  peekInt(): number | undefined {
    if (this.#end - this.#offset < 4) return undefined;
    return this.#buffer.readInt32BE(this.#offset);
  }

  /** The `length` bytes at `offset` of what has arrived, without taking them; undefined if there are fewer. */
  peek(offset: number, length: number): Buffer | undefined {
    if (this.#end - this.#offset < offset + length) return undefined;
    const at = this.#offset + offset;
    return this.#buffer.subarray(at, at + length);
  }

  /**
   * Finds the next frame and leaves it in `buffer`, `start`, `end`.
   * `invalid` means a length that is negative or over the limit: the stream can't be trusted any more.
   */
  next(): 'frame' | 'more' | 'invalid' {
    const available = this.#end - this.#offset;
    if (available < 4) return 'more';
    const length = this.#buffer.readInt32BE(this.#offset);
    if (length < 0 || length > this.#maxFrameBytes) return 'invalid';
    if (available < 4 + length) return 'more';
    this.buffer = this.#buffer;
    this.start = this.#offset + 4;
    this.end = this.start + length;
    this.#offset = this.end;
    return 'frame';
  }
}

const EMPTY = Buffer.alloc(0);
