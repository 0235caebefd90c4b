import type { Int64 } from 'jute-ts';

/** The multiplier and mask of java.util.Random's generator, in halves of 24 bits. */
const MULTIPLIER_HI = 0x5de;
const MULTIPLIER_LO = 0xece66d;
const HALF = 0x1000000;
/** ZooKeeperServer's «superSecret»: it is in everybody's source, so a password proves little but the id. */
const SECRET = 0xb3415c00 | 0;

/**
 * The 16-byte password of a session: it follows from the id, so that any server of the ensemble can
 * check it without having seen the session made.
 *
 * It is what `new java.util.Random(id ^ secret).nextBytes` gives: a 48-bit linear congruential generator
 * of which each step yields one 32-bit word, emitted low byte first. The state is kept in two halves
 * of 24 bits, since the product of two 48-bit numbers does not fit into a number.
 */
export function sessionPassword(sessionId: Int64): Buffer {
  const seedLo = (sessionId.lo ^ SECRET) >>> 0;
  const seedHi = sessionId.hi & 0xffff;
  // The low 48 bits of the seed, scrambled with the multiplier.
  let lo = (seedLo & 0xffffff) ^ MULTIPLIER_LO;
  let hi = (((seedHi << 8) | (seedLo >>> 24)) & 0xffffff) ^ MULTIPLIER_HI;

  const password = Buffer.alloc(16);
  for (let offset = 0; offset < 16; offset += 4) {
    const low = lo * MULTIPLIER_LO + 0xb;
    const nextLo = low % HALF;
    hi = (hi * MULTIPLIER_LO + lo * MULTIPLIER_HI + Math.floor(low / HALF)) % HALF;
    lo = nextLo;
    // The upper 32 of the 48 bits.
    password.writeInt32LE((hi << 8) | (lo >>> 16) | 0, offset);
  }
  return password;
}
