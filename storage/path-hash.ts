/**
 * A 32-bit hash of bytes [start, end), in the manner of MurmurHash3 (which is in the public domain): four
 * bytes at a time, since a path is hashed for every request. A secret seed keeps clients from choosing
 * paths that meet in one bucket on purpose.
 */
export function hashPath(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash ^= scramble(word);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64) | 0;
  }
  let rest = 0;
  for (let shift = 0; i < end; i++, shift += 8) rest |= bytes[i]! << shift;
  hash ^= scramble(rest) ^ (end - start);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const spread = Math.imul(word, 0xcc9e_2d51);
  return Math.imul((spread << 15) | (spread >>> 17), 0x1b87_3593);
}
