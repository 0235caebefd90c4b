/**
 * Raw snappy blocks (format_description.txt of google/snappy):
 *
 *     block    = length:varint (of the data, little-endian groups of 7 bits)  element*
 *     element  = literal | copy
 *     literal  = tag 00: length − 1 in the upper 6 bits; 60 to 63 say that it is in the next 1 to 4 bytes; then the bytes
 *     copy     = tag 01: length − 4 in bits 2 to 4, offset in bits 5 to 7 (upper) and the next byte
 *              | tag 10: length − 1 in the upper 6 bits, offset in the next 2 bytes
 *              | tag 11: length − 1 in the upper 6 bits, offset in the next 4 bytes
 *
 * Numbers are little-endian. A copy repeats bytes that lie `offset` behind, and may overlap what it writes.
 */

/** Why a block cannot be decompressed. */
export class SnappyError extends Error {
  override readonly name: string = 'SnappyError';
  /** Position in the input. */
  readonly offset: number;

  constructor(offset: number, problem: string) {
    super(problem);
    this.offset = offset;
  }
}

/** How far back this compressor looks: data of more bytes is compressed in parts of so many. */
const WINDOW_BYTES = 1 << 16;
const HASH_BITS = 14;
/** Copies and the search for them read so many bytes at a time. */
const WORD_BYTES = 4;
/** After so many steps without a match, steps become longer: what cannot be compressed is passed over fast. */
const SKIP_SHIFT = 5;
/** The end of the data is left to a literal, so that the search needs no checks. */
const INPUT_MARGIN = 15;
/** Up to here a loop copies faster than a call does (measured on Node 20). */
const LOOP_COPY_BYTES = 32;

/** Bytes that the block of `bytes` bytes of data may have. */
export function maxSnappyBytes(bytes: number): number {
  return 32 + bytes + Math.ceil(bytes / 6);
}

/** Makes blocks; keeps its table for the next one. */
export class SnappyCompressor {
  readonly #table: Uint16Array = new Uint16Array(1 << HASH_BITS);

  /**
   * Writes the block for bytes [start, end) of `input` into `output` at `at`, where there must be room for
   * `maxSnappyBytes`. Answers where it ends.
   */
  compress(input: Buffer, start: number, end: number, output: Buffer, at: number): number {
    let to = writeVarint(output, at, end - start);
    for (let from = start; from < end; from += WINDOW_BYTES) {
      to = this.#compressPart(input, from, Math.min(from + WINDOW_BYTES, end), output, to);
    }
    return to;
  }

  #compressPart(input: Buffer, start: number, end: number, output: Buffer, at: number): number {
    const table = this.#table.fill(0);
    let to = at;
    /** Bytes from here on are not written yet. */
    let pending = start;
    let position = start + 1;
    const limit = end - INPUT_MARGIN;
    let steps = 1 << SKIP_SHIFT;
    while (position < limit) {
      const word = input.readInt32LE(position);
      const slot = hashOf(word);
      const candidate = start + table[slot]!;
      table[slot] = position - start;
      if (candidate >= position || input.readInt32LE(candidate) !== word) {
        position += steps++ >> SKIP_SHIFT;
        continue;
      }
      if (position > pending) to = writeLiteral(input, pending, position, output, to);
      let matchEnd = position + WORD_BYTES;
      let source = candidate + WORD_BYTES;
      while (matchEnd < end && input[matchEnd] === input[source]) {
        matchEnd++;
        source++;
      }
      to = writeCopy(output, to, position - candidate, matchEnd - position);
      pending = matchEnd;
      if (matchEnd < limit) table[hashOf(input.readInt32LE(matchEnd - 1))] = matchEnd - 1 - start;
      position = matchEnd;
      steps = 1 << SKIP_SHIFT;
    }
    return pending < end ? writeLiteral(input, pending, end, output, to) : to;
  }
}

/**
 * Bytes of data in the block at [start, end).
 *
 * @throws SnappyError
 */
export function snappyDataBytes(block: Buffer, start: number, end: number): number {
  let bytes = 0;
  for (let i = 0; i < 5; i++) {
    const byte = start + i < end ? block[start + i]! : 0xff;
    bytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return bytes;
  }
  throw new SnappyError(start, 'the length of the data is no number of at most 5 bytes');
}

/**
 * Writes the data of the block at [start, end) of `block` into `output` at `at`, where there must be room for
 * `snappyDataBytes`. Answers where it ends.
 *
 * @throws SnappyError if the block is damaged; nothing is read or written beyond the bounds.
 */
export function decompressSnappy(
  block: Buffer,
  start: number,
  end: number,
  output: Buffer,
  at: number,
): number {
  const limit = at + snappyDataBytes(block, start, end);
  let from = start;
  while (block[from]! >= 0x80) from++;
  from++;
  let to = at;
  while (from < end) {
    const tag = block[from]!;
    const tagAt = from;
    const upper = tag >>> 2;
    let length: number;
    let offset = 0;
    switch (tag & 3) {
      case 0: {
        const extraBytes = upper < 60 ? 0 : upper - 59;
        if (from + 1 + extraBytes > end) throw cutOff(tagAt);
        length = (extraBytes === 0 ? upper : block.readUIntLE(from + 1, extraBytes)) + 1;
        from += 1 + extraBytes;
        if (length > end - from) throw cutOff(tagAt);
        if (length > limit - to) throw tooMuch(tagAt);
        copyBytes(block, from, output, to, length);
        from += length;
        to += length;
        continue;
      }
      case 1:
        if (from + 2 > end) throw cutOff(tagAt);
        length = (upper & 7) + 4;
        offset = ((tag >>> 5) << 8) | block[from + 1]!;
        from += 2;
        break;
      case 2:
        if (from + 3 > end) throw cutOff(tagAt);
        length = upper + 1;
        offset = block[from + 1]! | (block[from + 2]! << 8);
        from += 3;
        break;
      default:
        if (from + 5 > end) throw cutOff(tagAt);
        length = upper + 1;
        offset = block.readUInt32LE(from + 1);
        from += 5;
    }
    if (length > limit - to) throw tooMuch(tagAt);
    if (offset === 0 || offset > to - at) {
      throw new SnappyError(tagAt, `a copy from ${offset} behind, where ${to - at} bytes are`);
    }
    // A loop in any case: what is copied may just have been written.
    for (const copyEnd = to + length; to < copyEnd; to++) output[to] = output[to - offset]!;
  }
  if (to !== limit) {
    throw new SnappyError(end, `the block ends after ${to - at} of ${limit - at} bytes of data`);
  }
  return to;
}

function cutOff(at: number): SnappyError {
  return new SnappyError(at, 'the block ends within an element');
}

function tooMuch(at: number): SnappyError {
  return new SnappyError(at, 'the block has more data than it says');
}

function hashOf(word: number): number {
  return Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
}

function writeVarint(output: Buffer, at: number, value: number): number {
  let to = at;
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) output[to++] = (rest & 0x7f) | 0x80;
  output[to++] = rest;
  return to;
}

/** Of at most WINDOW_BYTES. */
function writeLiteral(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  at: number,
): number {
  let to = at;
  const last = end - start - 1;
  if (last < 60) {
    output[to++] = last << 2;
  } else if (last < 0x100) {
    output[to++] = 60 << 2;
    output[to++] = last;
  } else {
    output[to++] = 61 << 2;
    output[to++] = last & 0xff;
    output[to++] = last >>> 8;
  }
  copyBytes(input, start, output, to, end - start);
  return to + end - start;
}

/** Of any length from 4 on; an element can have at most 64 bytes, and a short one at least 4. */
function writeCopy(output: Buffer, at: number, offset: number, length: number): number {
  let to = at;
  let left = length;
  while (left >= 68) {
    to = writeLongCopy(output, to, offset, 64);
    left -= 64;
  }
  if (left > 64) {
    to = writeLongCopy(output, to, offset, 60);
    left -= 60;
  }
  if (left >= 12 || offset >= 2048) return writeLongCopy(output, to, offset, left);
  output[to++] = 1 | ((left - 4) << 2) | ((offset >>> 8) << 5);
  output[to++] = offset & 0xff;
  return to;
}

function writeLongCopy(output: Buffer, at: number, offset: number, length: number): number {
  output[at] = 2 | ((length - 1) << 2);
  output[at + 1] = offset & 0xff;
  output[at + 2] = offset >>> 8;
  return at + 3;
}

function copyBytes(from: Buffer, start: number, to: Buffer, at: number, bytes: number): void {
  if (bytes > LOOP_COPY_BYTES) {
    from.copy(to, at, start, start + bytes);
    return;
  }
  for (let i = 0; i < bytes; i++) to[at + i] = from[start + i]!;
}
