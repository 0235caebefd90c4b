import assert from 'node:assert';
import type { ACL } from '../protocol/generated/data.ts';
import { OPEN_ACL_UNSAFE } from '../protocol/permission.ts';

/** The id of `world:anyone` with every permission, which is never counted and never freed. */
export const OPEN_ACL_ID = -1;

type AclEntry = {
  readonly id: number;
  readonly hash: number;
  readonly acl: readonly ACL[];
  referenceCount: number;
  /** The next entry of the same hash. */
  next: AclEntry | undefined;
};

/**
 * The ACL lists that znodes share, each held once and counted (ReferenceCountedACLCache). Lists are equal
 * if their entries are, in the same order. An id names the same list, by the same array, while it lives.
 */
export class AclCache {
  readonly #byId: Map<number, AclEntry> = new Map();
  readonly #byHash: Map<number, AclEntry> = new Map();
  #lastId = 0;

  /** Lists held, the open one not counted. */
  get size(): number {
    return this.#byId.size;
  }

  /** The id of `acl`, counted once more; null is the open list. The array must not change afterwards. */
  acquire(acl: readonly ACL[] | null): number {
    if (acl === null || isOpen(acl)) return OPEN_ACL_ID;
    const hash = hashAcl(acl);
    const first = this.#byHash.get(hash);
    for (let entry = first; entry !== undefined; entry = entry.next) {
      if (equalAcl(entry.acl, acl)) {
        entry.referenceCount++;
        return entry.id;
      }
    }
    const id = ++this.#lastId;
    assert(id < 0x7fff_ffff, 'ACL ids must fit in a znode record');
    const entry: AclEntry = { id, hash, acl, referenceCount: 1, next: first };
    this.#byHash.set(hash, entry);
    this.#byId.set(id, entry);
    return id;
  }

  /** Counts a held id `count` times more. */
  retain(id: number, count: number): void {
    if (id === OPEN_ACL_ID) return;
    const entry = this.#byId.get(id);
    assert(entry !== undefined, `ACL ${id} must be held to be retained`);
    entry.referenceCount += count;
  }

  /** Takes back one `acquire`; the list is forgotten with its last one. */
  release(id: number): void {
    if (id === OPEN_ACL_ID) return;
    const entry = this.#byId.get(id);
    assert(entry !== undefined, `ACL ${id} must be held to be released`);
    if (--entry.referenceCount > 0) return;
    this.#byId.delete(id);
    this.#unchain(entry);
  }

  /** The list of a held id. */
  list(id: number): readonly ACL[] {
    if (id === OPEN_ACL_ID) return OPEN_ACL_UNSAFE;
    const entry = this.#byId.get(id);
    assert(entry !== undefined, `ACL ${id} must be held to be read`);
    return entry.acl;
  }

  #unchain(entry: AclEntry): void {
    const first = this.#byHash.get(entry.hash);
    if (first === entry) {
      if (entry.next === undefined) this.#byHash.delete(entry.hash);
      else this.#byHash.set(entry.hash, entry.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== entry) before = before.next;
    assert(before !== undefined, `ACL ${entry.id} must be in the chain of its hash`);
    before.next = entry.next;
  }
}

function isOpen(acl: readonly ACL[]): boolean {
  return acl === OPEN_ACL_UNSAFE || equalAcl(acl, OPEN_ACL_UNSAFE);
}

function equalAcl(a: readonly ACL[], b: readonly ACL[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x.perms !== y.perms || x.id.id !== y.id.id || x.id.scheme !== y.id.scheme) return false;
  }
  return true;
}

function hashAcl(acl: readonly ACL[]): number {
  let hash = acl.length;
  for (const { perms, id } of acl) {
    hash = Math.imul(hash, 31) + perms;
    hash = hashText(hash, id.scheme);
    hash = hashText(hash, id.id);
  }
  return hash | 0;
}

function hashText(seed: number, text: string | null): number {
  let hash = seed;
  if (text === null) return Math.imul(hash, 31) - 1;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
