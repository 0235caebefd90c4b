import type { Int64 } from 'jute-ts';
import { crc32Bytes, crc32Int } from './crc32.ts';
import { DigestSum } from './digest.ts';
import { StatOffset } from './stat-layout.ts';
import type { ZnodeStore } from './znode-store.ts';
import { ZnodeField } from './znode-table.ts';

/** The first bytes of a path that is left out (see digest.ts), as numbers to compare with. */
const EXCLUDED_BYTES = 11;
const EXCLUDED_AT_0 = 0x2f7a_6f6f; // "/zoo"
const EXCLUDED_AT_4 = 0x6b65_6570; // "keep"
const EXCLUDED_AT_7 = 0x7065_722f; // "per/"

/** Keeps every node's digest, and their sum, up to date as the tree changes; costs nothing when it is off. */
export class TreeDigest {
  readonly #store: ZnodeStore;
  readonly isEnabled: boolean;
  readonly #sum: DigestSum = new DigestSum();

  constructor(store: ZnodeStore, enabled: boolean) {
    this.#store = store;
    this.isEnabled = enabled;
  }

  /** The digest of the tree. */
  get value(): Int64 {
    return this.#sum.value;
  }

  /** Called when a node is new, or has new data. */
  onContentChanged(slot: number): void {
    if (!this.#counts(slot)) return;
    const store = this.#store;
    const buffer = store.buffer(slot);
    const pathAt = store.pathAt(slot);
    const pathEnd = pathAt + store.get(slot, ZnodeField.PATH_BYTES);
    const dataAt = pathEnd + 4;
    const path = crc32Bytes(0, buffer, pathAt, pathEnd);
    store.set(
      slot,
      ZnodeField.CONTENT_CRC,
      crc32Bytes(path, buffer, dataAt, dataAt + store.dataLength(slot)),
    );
    this.#refresh(slot);
  }

  /** Called when something in a node's Stat that counts has changed. */
  onStatChanged(slot: number): void {
    if (this.#counts(slot)) this.#refresh(slot);
  }

  /** Called before a node leaves the tree. */
  onRemove(slot: number): void {
    this.#sum.subtract(this.#store.get(slot, ZnodeField.DIGEST) >>> 0);
  }

  #refresh(slot: number): void {
    const store = this.#store;
    const digest = this.#nodeDigest(slot);
    this.#sum.subtract(store.get(slot, ZnodeField.DIGEST) >>> 0);
    this.#sum.add(digest >>> 0);
    store.set(slot, ZnodeField.DIGEST, digest);
  }

  /** As `nodeDigestOf`, from the bytes of the Stat. */
  #nodeDigest(slot: number): number {
    const store = this.#store;
    const view = store.view(slot);
    const stat = store.statAt(slot);
    let crc = store.get(slot, ZnodeField.CONTENT_CRC);
    crc = crc32Long(crc, view, stat + StatOffset.CZXID);
    crc = crc32Long(crc, view, stat + StatOffset.MZXID);
    crc = crc32Long(crc, view, stat + StatOffset.PZXID);
    crc = crc32Long(crc, view, stat + StatOffset.CTIME);
    crc = crc32Long(crc, view, stat + StatOffset.MTIME);
    crc = crc32Int(crc, view.getInt32(stat + StatOffset.VERSION));
    crc = crc32Int(crc, store.get(slot, ZnodeField.CVERSION));
    crc = crc32Int(crc, view.getInt32(stat + StatOffset.AVERSION));
    return crc32Long(crc, view, store.ownerAt(slot));
  }

  #counts(slot: number): boolean {
    if (!this.isEnabled) return false;
    const store = this.#store;
    if (store.get(slot, ZnodeField.PATH_BYTES) < EXCLUDED_BYTES) return true;
    const view = store.view(slot);
    const path = store.pathAt(slot);
    return (
      view.getInt32(path) !== EXCLUDED_AT_0 ||
      view.getInt32(path + 4) !== EXCLUDED_AT_4 ||
      view.getInt32(path + 7) !== EXCLUDED_AT_7
    );
  }
}

function crc32Long(crc: number, view: DataView, at: number): number {
  return crc32Int(crc32Int(crc, view.getInt32(at)), view.getInt32(at + 4));
}
