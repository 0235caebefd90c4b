import type { Int64 } from 'jute-ts';

/** The big-endian long at `at`. */
export function longAt(view: DataView, at: number): Int64 {
  return { hi: view.getInt32(at), lo: view.getInt32(at + 4) };
}

/** Writes `value` as a big-endian long at `at`. */
export function setLong(view: DataView, at: number, value: Int64): void {
  view.setInt32(at, value.hi);
  view.setInt32(at + 4, value.lo);
}
