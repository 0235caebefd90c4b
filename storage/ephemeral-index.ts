import type { Int64 } from 'jute-ts';
import { SlotSet } from './slot-set.ts';

/**
 * Which nodes a session owns, by their slots. Sessions are found by the halves of their id, since ids that
 * one server gives out share the upper half for long; so nothing is built to ask.
 *
 * A session stays listed, with nothing, when its last node was deleted, until it is closed: `dump` shows it.
 */
export class EphemeralIndex {
  readonly #sessions: Map<number, Map<number, SlotSet>> = new Map();
  #count = 0;

  /** Nodes of all sessions. */
  get count(): number {
    return this.#count;
  }

  add(hi: number, lo: number, slot: number): void {
    let sessions = this.#sessions.get(hi);
    if (sessions === undefined) {
      sessions = new Map();
      this.#sessions.set(hi, sessions);
    }
    let slots = sessions.get(lo);
    if (slots === undefined) {
      slots = new SlotSet();
      sessions.set(lo, slots);
    }
    slots.add(slot);
    this.#count++;
  }

  delete(hi: number, lo: number, slot: number): void {
    if (this.#sessions.get(hi)?.get(lo)?.delete(slot) === true) this.#count--;
  }

  /** The session's nodes, the oldest first; undefined if it is not listed. */
  slots(session: Int64): Iterable<number> | undefined {
    return this.#sessions.get(session.hi)?.get(session.lo);
  }

  /** Strikes the session off the list, with any nodes that it still has. */
  forget(session: Int64): void {
    const sessions = this.#sessions.get(session.hi);
    const slots = sessions?.get(session.lo);
    if (sessions === undefined || slots === undefined) return;
    this.#count -= slots.size;
    sessions.delete(session.lo);
    if (sessions.size === 0) this.#sessions.delete(session.hi);
  }

  /** Every listed session with its nodes. */
  *entries(): Generator<{ readonly session: Int64; readonly slots: Iterable<number> }> {
    for (const [hi, sessions] of this.#sessions) {
      for (const [lo, slots] of sessions) yield { session: { hi, lo }, slots };
    }
  }
}
