import assert from 'node:assert';
import type { Int64 } from 'jute-ts';
import { OwnedList } from './owned-list.ts';
import type { ZnodeStore } from './znode-store.ts';

/**
 * Which nodes a session owns, by their slots. Sessions are found by the halves of their id, since ids that
 * one server gives out share the upper half for long; so nothing is built to ask.
 *
 * A session stays listed, with nothing, when its last node was deleted, until it is closed: `dump` shows it.
 */
export class EphemeralIndex {
  readonly #store: ZnodeStore;
  readonly #sessions: Map<number, Map<number, OwnedList>> = new Map();
  #count = 0;

  constructor(store: ZnodeStore) {
    this.#store = store;
  }

  /** Nodes of all sessions. */
  get count(): number {
    return this.#count;
  }

  add(session: Int64, slot: number): void {
    let sessions = this.#sessions.get(session.hi);
    if (sessions === undefined) {
      sessions = new Map();
      this.#sessions.set(session.hi, sessions);
    }
    let owned = sessions.get(session.lo);
    if (owned === undefined) {
      owned = new OwnedList(this.#store);
      sessions.set(session.lo, owned);
    }
    owned.add(slot);
    this.#count++;
  }

  /** Takes out a node that was added for that session. */
  delete(session: Int64, slot: number): void {
    const owned = this.owned(session);
    assert(owned !== undefined, 'the owner of an ephemeral must be listed');
    owned.delete(slot);
    this.#count--;
  }

  /** The session's nodes, the oldest first; undefined if it is not listed. */
  owned(session: Int64): OwnedList | undefined {
    return this.#sessions.get(session.hi)?.get(session.lo);
  }

  /** Strikes a session without nodes off the list. */
  forget(session: Int64): void {
    const sessions = this.#sessions.get(session.hi);
    const owned = sessions?.get(session.lo);
    if (sessions === undefined || owned === undefined) return;
    assert(owned.count === 0, 'a session must own nothing to be forgotten');
    sessions.delete(session.lo);
    if (sessions.size === 0) this.#sessions.delete(session.hi);
  }

  /** Every listed session with its nodes. */
  *entries(): Generator<{ readonly session: Int64; readonly owned: OwnedList }> {
    for (const [hi, sessions] of this.#sessions) {
      for (const [lo, owned] of sessions) yield { session: { hi, lo }, owned };
    }
  }
}
