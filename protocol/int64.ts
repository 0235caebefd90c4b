import type { Int64 } from 'jute-ts';

/** Zero; shared, since an Int64 is never changed in place. */
export const INT64_ZERO: Int64 = { hi: 0, lo: 0 };
/** −1, ZooKeeper's «no such zxid». */
export const INT64_MINUS_ONE: Int64 = { hi: -1, lo: -1 };

/** Negative, zero or positive as `a` is below, equal to or above `b`, both read as signed 64 bits. */
export function compareInt64(a: Int64, b: Int64): number {
  return a.hi !== b.hi ? a.hi - b.hi : (a.lo >>> 0) - (b.lo >>> 0);
}

export function equalInt64(a: Int64, b: Int64): boolean {
  return a.hi === b.hi && a.lo === b.lo;
}

/** `value + 1`, wrapping at 64 bits. */
export function incrementInt64(value: Int64): Int64 {
  const lo = (value.lo + 1) | 0;
  return { hi: lo === 0 ? (value.hi + 1) | 0 : value.hi, lo };
}

/** A safe integer (|n| < 2^53) as 64 bits. */
export function int64FromNumber(n: number): Int64 {
  return { hi: Math.floor(n / 0x1_0000_0000) | 0, lo: n | 0 };
}

/** The value as a number; exact only while |value| < 2^53 (times, timeouts, counters; never ids). */
export function int64ToNumber(value: Int64): number {
  return value.hi * 0x1_0000_0000 + (value.lo >>> 0);
}

/** Lower-case hexadecimal without `0x` or padding, as ZooKeeper prints ids and names files. */
export function int64ToHex(value: Int64): string {
  const lo = (value.lo >>> 0).toString(16);
  return value.hi === 0 ? lo : (value.hi >>> 0).toString(16) + lo.padStart(8, '0');
}

/** The inverse of `int64ToHex`; undefined if `text` is not 1 to 16 hexadecimal digits. */
export function int64FromHex(text: string): Int64 | undefined {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) return undefined;
  const padded = text.padStart(16, '0');
  return {
    hi: Number.parseInt(padded.slice(0, 8), 16) | 0,
    lo: Number.parseInt(padded.slice(8), 16) | 0,
  };
}

/** The value as a map key: the same for equal values. Not for the request path, it makes a string. */
export function int64Key(value: Int64): string {
  return int64ToHex(value);
}
