import { crc32 as nativeCrc32 } from 'node:zlib';

/** Tables for eight bytes at a time; table k tells what a byte does that lies k bytes before the end. */
const TABLES: Int32Array = buildTables();
/** Above this many bytes the call into zlib is the faster way (measured on Node 20). */
const NATIVE_BYTES = 256;

/**
 * CRC-32 (IEEE 802.3, as java.util.zip.CRC32) of what `crc` covers followed by bytes [start, end) of
 * `bytes`. Start with 0. The answer is a signed int32; `>>> 0` gives the usual form.
 */
export function crc32Bytes(crc: number, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > NATIVE_BYTES) return nativeCrc32(bytes.subarray(start, end), crc >>> 0) | 0;
  const t = TABLES;
  let state = ~crc;
  let i = start;
  for (const last = end - 7; i < last; i += 8) {
    const low =
      state ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    state =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) state = (state >>> 8) ^ t[(state ^ bytes[i]!) & 0xff]!;
  return ~state;
}

/** As `crc32Bytes`, for the four big-endian bytes of the int32 `value`. */
export function crc32Int(crc: number, value: number): number {
  const t = TABLES;
  const state = ~crc;
  return ~(
    t[768 + ((state & 0xff) ^ (value >>> 24))]! ^
    t[512 + (((state >>> 8) & 0xff) ^ ((value >>> 16) & 0xff))]! ^
    t[256 + (((state >>> 16) & 0xff) ^ ((value >>> 8) & 0xff))]! ^
    t[(state >>> 24) ^ (value & 0xff)]!
  );
}

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}
