/**
 * Executes steps on both servers at the same time and compares all that they say. After every step each open connection
 * gets a ping: its answer comes behind every notification that the step caused, so nothing has to be waited for by
 * the clock.
 */
import type { Int64 } from 'jute-ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { equalInt64, INT64_ZERO } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import { compareSaid, describe, type Mismatch } from './compare.ts';
import type { Coverage } from './coverage.ts';
import { decodeHandshake, decodeReply } from './decode.ts';
import { PLAIN_HANDSHAKE } from './generate/handshakes.ts';
import type { Answer, KnownDifference } from './known-differences.ts';
import type { Drained } from './link.ts';
import type { ServerPair } from './server-pair.ts';
import { ServerView } from './server-view.ts';
import { CANDIDATE, Side } from './side.ts';
import type { Handshake, Pieces, SessionChoice, Slot, Step } from './step.ts';

/** Where the servers disagree. */
export type Difference = Mismatch & { readonly step: Step };

type Session = { closed: boolean };

export type LockstepOptions = {
  readonly coverage: Coverage | undefined;
  /** Differences that are let pass; the tester compares Apache with Apache without any. */
  readonly known: readonly KnownDifference[];
};

/** Requests that change nothing for anybody else. */
const READS: ReadonlySet<number> = new Set([
  OpCode.exists,
  OpCode.getData,
  OpCode.getChildren,
  OpCode.getChildren2,
  OpCode.getACL,
  OpCode.getEphemerals,
  OpCode.getAllChildrenNumber,
  OpCode.multiRead,
  OpCode.whoAmI,
  OpCode.checkWatches,
  OpCode.removeWatches,
  OpCode.addWatch,
  OpCode.setWatches,
  OpCode.setWatches2,
]);

type Both<T> = readonly [a: T, b: T];

const NEEDS_CONNECTION: ReadonlySet<Step['kind']> = new Set([
  'request',
  'pipeline',
  'garbage',
  'reap',
]);
/** Slots from here on are not for the steps of a seed. */
export const RESERVED_SLOTS: Slot = 100;
const GAUGE_POLL_MS = 50;
const GAUGE_TIMEOUT_MS = 20_000;

export class Lockstep {
  readonly #sides: Both<Side>;
  readonly #options: LockstepOptions;
  readonly #sessions: Session[] = [];
  readonly #sessionOfSlot = new Map<Slot, number>();
  readonly #closedSessions: number[] = [];
  #lastDrained: Both<ReadonlyMap<Slot, Drained>> = [new Map(), new Map()];

  readonly #pair: ServerPair;
  #restarted = false;

  private constructor(pair: ServerPair, sides: Both<Side>, options: LockstepOptions) {
    this.#pair = pair;
    this.#sides = sides;
    this.#options = options;
  }

  /** Takes the present state of both servers as the common start. */
  static async open(pair: ServerPair, options: LockstepOptions): Promise<Lockstep> {
    const side = async (label: string, port: number, host: string): Promise<Side> =>
      new Side({ host, port }, new ServerView(label, await lastZxid(port)));
    const sides = await Promise.all([
      side('A', pair.a.port, pair.a.host),
      side('B', pair.b.port, pair.b.host),
    ]);
    return new Lockstep(pair, sides, options);
  }

  get sides(): Both<Side> {
    return this.#sides;
  }

  /** Whether the servers were ever started again. */
  get restarted(): boolean {
    return this.#restarted;
  }

  /** The frames of the last step. */
  get lastDrained(): Both<ReadonlyMap<Slot, Drained>> {
    return this.#lastDrained;
  }

  /** Sessions that were neither closed nor expired, by the order of their creation. */
  openSessions(): number[] {
    return this.#sessions.flatMap((session, index) => (session.closed ? [] : [index]));
  }

  /** Starts a run of its own: slots have no sessions any more, and none counts as closed lately. */
  forget(): void {
    this.#both((side) => {
      for (const slot of this.#sessionOfSlot.keys())
        if (slot < RESERVED_SLOTS) side.disconnect(slot, 'fin');
    });
    for (const slot of [...this.#sessionOfSlot.keys()])
      if (slot < RESERVED_SLOTS) this.#sessionOfSlot.delete(slot);
    this.#closedSessions.length = 0;
  }

  isOpen(slot: Slot): boolean {
    return this.#sides[0].isOpen(slot) && this.#sides[1].isOpen(slot);
  }

  /** Does one step on both servers. Undefined if they agree. */
  async step(step: Step): Promise<Difference | undefined> {
    if (NEEDS_CONNECTION.has(step.kind) && step.kind !== 'stranger') {
      const difference = await this.#ensureConnection(step.slot);
      if (difference !== undefined) return difference;
    }
    return this.#stepAlone(step);
  }

  async #ensureConnection(slot: Slot): Promise<Difference | undefined> {
    if (this.isOpen(slot)) return undefined;
    const session = this.#sessionOfSlot.get(slot);
    const alive = session !== undefined && this.#sessions[session]?.closed === false;
    const handshake: Handshake = alive
      ? { ...PLAIN_HANDSHAKE, session: { kind: 'of-slot', slot }, password: 'right' }
      : PLAIN_HANDSHAKE;
    return this.#stepAlone({ kind: 'connect', slot, handshake, pieces: 1 });
  }

  async #stepAlone(step: Step): Promise<Difference | undefined> {
    const before = this.#both((side) => side.view.lastZxid);
    const mismatch = await this.#perform(step);
    if (mismatch !== undefined) return { ...mismatch, step };
    if (!this.#needsNoBarrier(step)) await Promise.all(this.#both((side) => side.barrier()));
    const drained = this.#both((side) => side.drain());
    this.#lastDrained = drained;
    this.#noteZxids(drained);
    this.#noteHandshakes(step, drained);
    const slot = slotOf(step);
    const answers = this.#both2((i) =>
      answerOf(drained[i].get(slot), this.#sides[i].view, this.#sides[i].view.lastZxid - before[i]),
    );
    const options = { sessionsEnd: step.kind === 'expire' };
    const compare = (ignored?: Slot): Mismatch | undefined => {
      const said = this.#both2((i) => describe(drained[i], this.#sides[i].view, options));
      return compareSaid(said[0], said[1], slot, ignored);
    };
    let found = compare();
    if (found !== undefined) {
      const known = this.#options.known.find((entry) =>
        entry.applies(step, answers[0], answers[1]),
      );
      if (known === undefined) return { ...found, step };
      this.#account(known, slot, answers);
      found = compare(known.effect === 'answer' ? slot : undefined);
      if (found !== undefined) return { ...found, step };
    }
    this.#noteEnds(step, drained[0].get(slot));
    this.#options.coverage?.note(step, drained[0].get(slot), this.#sides[0].view);
    return undefined;
  }

  /** A read concerns its own connection alone, and that has answered. */
  #needsNoBarrier(step: Step): boolean {
    return step.kind === 'request' && READS.has(step.request.op) && this.isOpen(step.slot);
  }

  async #perform(step: Step): Promise<Mismatch | undefined> {
    switch (step.kind) {
      case 'connect':
        await this.#connect(step.slot, step.handshake, step.pieces);
        return undefined;
      case 'request':
        await Promise.all(this.#both((side) => side.ask(step.slot, [step.request], step.pieces)));
        return undefined;
      case 'pipeline':
        await Promise.all(this.#both((side) => side.ask(step.slot, step.requests, step.pieces)));
        return undefined;
      case 'garbage':
        await Promise.all(
          this.#both((side) => side.offend(step.slot, step.bytes, { end: step.end })),
        );
        return undefined;
      case 'stranger':
        await Promise.all(this.#both((side) => side.offendAsStranger(step.bytes)));
        return undefined;
      case 'disconnect':
        this.#both((side) => side.disconnect(step.slot, step.how));
        return undefined;
      case 'expire':
        return this.#expire(step.slot);
      case 'reap':
        await Promise.all(this.#both((side) => side.ask(step.slot, [step.request], 1)));
        return this.#awaitGauge(step.slot, 'znode_count', [step.remaining, step.remaining]);
      case 'restart':
        this.#restarted = (await this.#pair.restart(step.signal)) || this.#restarted;
        return undefined;
    }
  }

  /**
   * The old connection of the slot stays open during a resume of its own session, so that it is seen how the server
   * closes it; before any other handshake it is disconnected.
   */
  async #connect(slot: Slot, handshake: Handshake, pieces: Pieces): Promise<void> {
    const session = this.#resolve(handshake.session);
    if (typeof session !== 'number' || session !== this.#sessionOfSlot.get(slot)) {
      this.#both((side) => side.disconnect(slot, 'fin'));
    }
    await Promise.all(
      this.#both((side) => {
        const id = typeof session === 'number' ? side.view.sessionId(session) : session;
        return side.shakeHands(handshake, id, pieces);
      }),
    );
  }

  /** An index of a session that both servers know, or an id: zero for a new session, or one that nobody has. */
  #resolve(choice: SessionChoice): number | Int64 {
    switch (choice.kind) {
      case 'new':
        return INT64_ZERO;
      case 'unknown':
        return choice.id;
      case 'number':
        return choice.index;
      case 'of-slot':
        return this.#sessionOfSlot.get(choice.slot) ?? INT64_ZERO;
      case 'closed':
        return this.#closedSessions.at(-1 - choice.back) ?? { hi: 0x01000000, lo: 1 };
    }
  }

  async #expire(slot: Slot): Promise<Mismatch | undefined> {
    const session = this.#sessionOfSlot.get(slot);
    if (session === undefined || this.#sessions[session]!.closed) return undefined;
    const handshake: Handshake = {
      ...PLAIN_HANDSHAKE,
      timeOutMs: 1,
      session: { kind: 'of-slot', slot },
      password: 'right',
    };
    await this.#connect(slot, handshake, 1);
    this.#both((side) => side.disconnect(CANDIDATE, 'fin'));
    const counts = await Promise.all(this.#both((side) => gauge(side, 'global_sessions')));
    const mismatch = await this.#awaitGauge(slot, 'global_sessions', [
      counts[0] - 1,
      counts[1] - 1,
    ]);
    if (mismatch !== undefined) return mismatch;
    this.#close(session);
    return undefined;
  }

  /** Waits until a gauge has come down to `wanted` on both servers: things that they do in their own time. */
  async #awaitGauge(slot: Slot, name: string, wanted: Both<number>): Promise<Mismatch | undefined> {
    const deadline = performance.now() + GAUGE_TIMEOUT_MS;
    for (;;) {
      const values = await Promise.all(this.#both((side) => gauge(side, name)));
      if (values[0] <= wanted[0] && values[1] <= wanted[1]) return undefined;
      if (performance.now() > deadline)
        return {
          slot,
          a: values[0],
          b: values[1],
          reason: `${name} does not come down to ${wanted.join(' and ')}`,
        };
      await new Promise((resolve) => setTimeout(resolve, GAUGE_POLL_MS));
    }
  }

  #noteZxids(drained: Both<ReadonlyMap<Slot, Drained>>): void {
    for (const i of [0, 1] as const) {
      const { view } = this.#sides[i];
      for (const { items } of drained[i].values()) {
        for (const item of items) {
          if (item.kind === 'reply') view.sawZxid(decodeReply(item.op, item.frame, view).zxid);
        }
      }
    }
  }

  /** If both servers accepted the candidate, it takes the slot, and a new session gets its number. */
  #noteHandshakes(step: Step, drained: Both<ReadonlyMap<Slot, Drained>>): void {
    if (step.kind !== 'connect') return;
    const ids = this.#both2((i) => acceptedSession(drained[i].get(CANDIDATE)));
    if (ids[0] === undefined || ids[1] === undefined) {
      this.#both((side) => side.disconnect(CANDIDATE, 'fin'));
      return;
    }
    const resolved = this.#resolve(step.handshake.session);
    if (typeof resolved === 'number') {
      this.#sessionOfSlot.set(step.slot, resolved);
    } else {
      this.#sides[0].view.addSession(ids[0]);
      this.#sessionOfSlot.set(step.slot, this.#sides[1].view.addSession(ids[1]));
      this.#sessions.push({ closed: false });
    }
    this.#both((side) => side.promoteCandidate(step.slot));
  }

  #noteEnds(step: Step, drained: Drained | undefined): void {
    if (step.kind === 'stranger') return;
    const session = this.#sessionOfSlot.get(step.slot);
    const { view } = this.#sides[0];
    const ended = drained?.items.some(
      (item) =>
        item.kind === 'reply' &&
        item.op === OpCode.closeSession &&
        decodeReply(item.op, item.frame, view).err === ErrorCode.OK,
    );
    if (session !== undefined && ended === true) this.#close(session);
  }

  #close(session: number): void {
    this.#sessions[session]!.closed = true;
    this.#closedSessions.push(session);
  }

  /** Evens out what a known difference has left: zxids that one side used more, connections in different states. */
  #account(known: KnownDifference, slot: Slot, answers: Both<Answer>): void {
    this.#options.coverage?.noteKnown(known);
    const extra = answers[1].zxidCount - answers[0].zxidCount;
    if (extra > 0) this.#sides[1].view.skipZxids(extra);
    if (extra < 0) this.#sides[0].view.skipZxids(-extra);
    if (known.effect === 'answer') this.#both((side) => side.disconnect(slot, 'fin'));
  }

  #both<T>(of: (side: Side) => T): [T, T] {
    return [of(this.#sides[0]), of(this.#sides[1])];
  }

  #both2<T>(of: (i: 0 | 1) => T): [T, T] {
    return [of(0), of(1)];
  }
}

/** The connection that a step is about. */
function slotOf(step: Step): Slot {
  return step.kind === 'connect' || step.kind === 'stranger' ? CANDIDATE : step.slot;
}

function answerOf(drained: Drained | undefined, view: ServerView, zxidCount: number): Answer {
  const first = drained?.items.find((item) => item.kind === 'reply' && !item.barrier);
  const err = first?.kind === 'reply' ? decodeReply(first.op, first.frame, view).err : undefined;
  return { err, closed: drained?.closed ?? true, zxidCount };
}

function acceptedSession(drained: Drained | undefined): Int64 | undefined {
  const first = drained?.items.find((item) => item.kind === 'handshake');
  if (first === undefined) return undefined;
  const response = decodeHandshake(first.frame);
  if (response === undefined || equalInt64(response.sessionId, INT64_ZERO)) return undefined;
  return response.sessionId;
}

async function lastZxid(port: number): Promise<number> {
  const match = /^Zxid: 0x([0-9a-f]+)$/m.exec(await fourLetterWord(port, 'srvr'));
  if (match === null) throw new Error(`the server on port ${port} does not tell its zxid`);
  return Number.parseInt(match[1]!, 16);
}

async function gauge(side: Side, name: string): Promise<number> {
  const text = await fourLetterWord(side.address.port, 'mntr');
  const match = new RegExp(`^zk_${name}\\t(\\d+)$`, 'm').exec(text);
  if (match === null) throw new Error(`server ${side.view.label} does not tell its ${name}`);
  return Number.parseInt(match[1]!, 10);
}
