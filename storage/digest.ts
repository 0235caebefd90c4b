import type { Int64 } from 'jute-ts';
import type { StatPersisted } from '../protocol/generated/data.ts';
import { crc32Bytes, crc32Int } from './crc32.ts';

/**
 * The tree digest that ZooKeeper's servers compare (DigestCalculator, AdHash): the sum, modulo 2^64, of
 * the node digests.
 *
 *   node digest = CRC-32 of path (UTF-8, the root's is empty), data (nothing if null), and 60 bytes:
 *     czxid:long mzxid:long pzxid:long ctime:long mtime:long
 *     version:int cversion:int (the persisted one) aversion:int ephemeralOwner:long (the raw one)
 *
 * Nodes below /zookeeper (not that node itself) count 0: quota usage there is no replicated state.
 */
export const DIGEST_VERSION = 2;

/** Every path that starts so is left out. */
const EXCLUDED_PREFIX = '/zookeeper/';

/** Whether the node at `path` counts nothing in the tree digest. */
export function isExcluded(path: string): boolean {
  return path.startsWith(EXCLUDED_PREFIX);
}

/** The CRC-32 state after path and data: what a change of the Stat alone leaves as it is. */
export function contentCrc(path: string, data: Uint8Array | null): number {
  const bytes = Buffer.from(path === '/' ? '' : path, 'utf8');
  const crc = crc32Bytes(0, bytes, 0, bytes.length);
  return data === null ? crc : crc32Bytes(crc, data, 0, data.length);
}

/** The digest of a node with that content and Stat, as an unsigned 32-bit number. Not for excluded paths. */
export function nodeDigestOf(crc: number, stat: StatPersisted): number {
  let state = crc32Long(crc, stat.czxid);
  state = crc32Long(state, stat.mzxid);
  state = crc32Long(state, stat.pzxid);
  state = crc32Long(state, stat.ctime);
  state = crc32Long(state, stat.mtime);
  state = crc32Int(state, stat.version);
  state = crc32Int(state, stat.cversion);
  state = crc32Int(state, stat.aversion);
  return crc32Long(state, stat.ephemeralOwner) >>> 0;
}

function crc32Long(crc: number, value: Int64): number {
  return crc32Int(crc32Int(crc, value.hi), value.lo);
}

/** A sum of node digests modulo 2^64. */
export class DigestSum {
  #hi: number;
  #lo: number;

  constructor(start: Int64 = { hi: 0, lo: 0 }) {
    this.#hi = start.hi;
    this.#lo = start.lo;
  }

  /** Adds an unsigned 32-bit node digest. */
  add(digest: number): void {
    const lo = (this.#lo >>> 0) + digest;
    if (lo > 0xffff_ffff) this.#hi = (this.#hi + 1) | 0;
    this.#lo = lo | 0;
  }

  /** Takes an unsigned 32-bit node digest away. */
  subtract(digest: number): void {
    const lo = (this.#lo >>> 0) - digest;
    if (lo < 0) this.#hi = (this.#hi - 1) | 0;
    this.#lo = lo | 0;
  }

  get value(): Int64 {
    return { hi: this.#hi, lo: this.#lo };
  }
}
