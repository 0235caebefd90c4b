/**
 * How `ustring` maps to bytes. Java's two directions differ, and peers see both: its writer encodes each UTF-16
 * unit by itself (so an astral character becomes two 3-byte surrogates, "CESU-8"), its reader decodes UTF-8.
 */

/** From this many UTF-16 units on, Node's native string functions beat a loop over the units (measured on Node 20). */
export const NATIVE_UNITS: number = 24;

/** A surrogate, paired or not: what Java's writer encodes differently from UTF-8. Costs nothing on one-byte strings. */
const SURROGATE: RegExp = /[\ud800-\udfff]/;

/** True if the encoding of `text` is its UTF-8. */
export function isPlainUtf8(text: string): boolean {
  return !SURROGATE.test(text);
}

/** Bytes a `ustring` takes on the wire: 4 for the length, plus the encoded units; a null string takes 4. */
export function stringBytes(text: string | null): number {
  if (text === null) return 4;
  if (text.length < NATIVE_UNITS || !isPlainUtf8(text)) return 4 + encodedBytes(text);
  return 4 + Buffer.byteLength(text);
}

/** Encoded size in bytes of the UTF-16 units of `text`, each encoded by itself. */
export function encodedBytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** Writes the units of `text` at `offset`; the room must be there. Returns the offset behind. */
export function encodeUnits(buffer: Buffer, offset: number, text: string): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      buffer[at++] = unit;
    } else if (unit < 0x800) {
      buffer[at++] = 0xc0 | (unit >> 6);
      buffer[at++] = 0x80 | (unit & 0x3f);
    } else {
      buffer[at++] = 0xe0 | (unit >> 12);
      buffer[at++] = 0x80 | ((unit >> 6) & 0x3f);
      buffer[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/**
 * Decodes bytes [start, end) as Java's `new String(bytes, UTF_8)` does: malformed parts become U+FFFD, and, unlike
 * in the decoder of the web platform, an encoded surrogate (what Java's own writer makes of an astral character)
 * becomes one U+FFFD and not three.
 */
export function decodeString(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString('utf8', start, end);
  return text.includes('\ufffd') ? decodeMalformed(buffer, start, end) : text;
}

function decodeMalformed(buffer: Buffer, start: number, end: number): string {
  const bytes = Buffer.from(buffer.subarray(start, end));
  // 0xed is never a continuation byte, so each one starts a sequence; followed by a0..bf it is a surrogate.
  for (let i = 0; i + 1 < bytes.length; i++) {
    if (bytes[i] !== 0xed || bytes[i + 1]! < 0xa0 || bytes[i + 1]! > 0xbf) continue;
    const isWhole = i + 2 < bytes.length && (bytes[i + 2]! & 0xc0) === 0x80;
    // Same length, and one U+FFFD in any decoder: the character itself, or a sequence that is cut short.
    if (isWhole) bytes.set([0xef, 0xbf, 0xbd], i);
    else bytes.set([0xee, 0x80], i);
  }
  return bytes.toString('utf8');
}
