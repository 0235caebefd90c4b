import assert from 'node:assert';
import { compareInt64 } from '../protocol/int64.ts';
import type { Zxid } from '../protocol/zxid.ts';
import type { QuorumVerifier } from './quorum-verifier.ts';
import type { ServerId } from './server-id.ts';

/** A transaction on its way from being proposed to being committed. */
export interface Proposal {
  readonly zxid: Zxid;
}

/** What broadcast asks of its driver. */
export interface BroadcastEffects<P extends Proposal> {
  /** `proposal` is acknowledged by a quorum, and everything before it was committed: apply it. */
  commit(proposal: P): void;
}

/**
 * The leader's half of ZAB's broadcast phase: proposals in, acknowledgements in, commits out in zxid order.
 *
 * A standalone server is an ensemble of one: its only acknowledgement is its own, given when its log has
 * the transaction on disk. An acknowledgement stands for every earlier proposal too, since both a log
 * and a follower's stream are in zxid order.
 */
export class Broadcast<P extends Proposal> {
  readonly #verifier: QuorumVerifier;
  readonly #effects: BroadcastEffects<P>;
  /** Proposals not yet committed, oldest at `#head`; slots before it are spent. */
  #outstanding: (P | undefined)[] = [];
  #head = 0;
  /** The highest zxid that each voter has acknowledged. */
  readonly #acknowledged = new Map<ServerId, Zxid>();
  readonly #acks = new Set<ServerId>();

  constructor(verifier: QuorumVerifier, effects: BroadcastEffects<P>) {
    this.#verifier = verifier;
    this.#effects = effects;
  }

  /** Proposals that still wait for a quorum. */
  get outstandingCount(): number {
    return this.#outstanding.length - this.#head;
  }

  propose(proposal: P): void {
    const last = this.#outstanding.at(-1);
    assert(
      last === undefined || compareInt64(proposal.zxid, last.zxid) > 0,
      'proposals must be made in zxid order',
    );
    this.#outstanding.push(proposal);
  }

  /** `from` has `zxid` and everything before it on disk. */
  onAck(from: ServerId, zxid: Zxid): void {
    const before = this.#acknowledged.get(from);
    if (before !== undefined && compareInt64(zxid, before) <= 0) return;
    this.#acknowledged.set(from, zxid);
    this.#commitAcknowledged();
  }

  #commitAcknowledged(): void {
    while (this.#head < this.#outstanding.length) {
      const proposal = this.#outstanding[this.#head] as P;
      if (!this.#hasQuorum(proposal.zxid)) break;
      this.#outstanding[this.#head] = undefined;
      this.#head += 1;
      this.#effects.commit(proposal);
    }
    if (this.#head === this.#outstanding.length) {
      this.#outstanding = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#outstanding = this.#outstanding.slice(this.#head);
      this.#head = 0;
    }
  }

  #hasQuorum(zxid: Zxid): boolean {
    this.#acks.clear();
    for (const [id, acknowledged] of this.#acknowledged) {
      if (compareInt64(acknowledged, zxid) >= 0) this.#acks.add(id);
    }
    return this.#verifier.containsQuorum(this.#acks);
  }
}
