import type { Int64 } from 'jute-ts';

const SECRET = 0xb3415c00n;
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK_48 = (1n << 48n) - 1n;

/**
 * The 16 bytes that java.util.Random makes of a session's id. Written from the definition of that generator, apart
 * from the server's own implementation, which this is to check.
 */
export function sessionPassword(id: Int64): Buffer {
  const seed = (BigInt(id.hi) << 32n) | BigInt(id.lo >>> 0);
  let state = (BigInt.asUintN(64, seed ^ SECRET) ^ MULTIPLIER) & MASK_48;
  const out = Buffer.alloc(16);
  for (let at = 0; at < 16; at += 4) {
    state = (state * MULTIPLIER + INCREMENT) & MASK_48;
    out.writeUInt32LE(Number(state >> 16n), at);
  }
  return out;
}
