import { Fifo } from './fifo.ts';

/** A request that has not been sent. */
export type Queued<R> = {
  readonly request: R;
  /** When it fails if it has not been answered; Infinity for never. */
  readonly deadlineMs: number;
};

/** What the next reply must answer. setWatches and closeSession are the session's own. */
export type Sent<R> = { readonly xid: number; readonly deadlineMs: number } & (
  | { readonly kind: 'request'; readonly request: R }
  | { readonly kind: 'setWatches' }
  | { readonly kind: 'closeSession' }
);

/**
 * The requests of a session in their order: those that wait for a connection, and those that wait for a reply. Deadlines
 * are in the same order, since every request is given the same time.
 */
export class PendingRequests<R> {
  readonly #queued = new Fifo<Queued<R>>();
  readonly #sent = new Fifo<Sent<R>>();

  /** Requests that wait, sent or not. */
  get count(): number {
    return this.#queued.length + this.#sent.length;
  }

  /** When the first of them is overdue; Infinity for never. */
  get deadlineMs(): number {
    const queuedMs = this.#queued.first?.deadlineMs ?? Number.POSITIVE_INFINITY;
    const sentMs = this.#sent.first?.deadlineMs ?? Number.POSITIVE_INFINITY;
    return Math.min(queuedMs, sentMs);
  }

  queue(queued: Queued<R>): void {
    this.#queued.push(queued);
  }

  /** Takes all that were not sent. */
  takeQueued(): readonly Queued<R>[] {
    return this.#queued.drain();
  }

  sent(sent: Sent<R>): void {
    this.#sent.push(sent);
  }

  /** What the next reply must answer; undefined if none is due. */
  get nextToAnswer(): Sent<R> | undefined {
    return this.#sent.first;
  }

  /** `nextToAnswer` is answered. */
  answered(): void {
    this.#sent.shift();
  }

  /** Takes all that were sent and not answered. */
  takeSent(): readonly R[] {
    return this.#sent.drain().flatMap((sent) => (sent.kind === 'request' ? [sent.request] : []));
  }

  /** Takes those that are overdue and were not sent. */
  takeOverdueQueued(nowMs: number): readonly R[] {
    const overdue: R[] = [];
    for (let next = this.#queued.first; next !== undefined; next = this.#queued.first) {
      if (next.deadlineMs > nowMs) break;
      this.#queued.shift();
      overdue.push(next.request);
    }
    return overdue;
  }

  /** Takes those that are overdue although they were sent. */
  takeOverdueSent(nowMs: number): readonly R[] {
    const overdue: R[] = [];
    for (let next = this.#sent.first; next !== undefined; next = this.#sent.first) {
      if (next.deadlineMs > nowMs) break;
      this.#sent.shift();
      if (next.kind === 'request') overdue.push(next.request);
    }
    return overdue;
  }
}
