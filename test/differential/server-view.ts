/**
 * What one of the two servers calls the things that both have: sessions, zxids, times. Through its view the answers
 * of the two become comparable. Everything that is not compared literally is decided here, in `decode.ts` (order of
 * sets) or in `known-differences.ts`, and each time with the reason.
 */
import assert from 'node:assert/strict';
import type { Int64 } from 'jute-ts';
import {
  equalInt64,
  INT64_ZERO,
  int64FromNumber,
  int64Key,
  int64ToHex,
  int64ToNumber,
} from '../../protocol/int64.ts';
import { sessionPassword } from './session-password.ts';
import type { SymbolicZxid } from './step.ts';

/** Clocks of servers and test are the same machine's; a transaction's time must lie in between. */
const CLOCK_SLACK_MS = 2000;
/** No step makes so many transactions. */
const SKIP_LIMIT = 1000;
const ZERO_PASSWORD = Buffer.alloc(16);

export class ServerView {
  /** 'A' or 'B', for messages. */
  readonly label: string;
  /** The last zxid before the comparison began; both servers start from here as from the same point. */
  readonly #baseZxid: number;
  readonly #startedAt: number = Date.now();
  /** Zxids of this server that the other one did not use, ascending. Only `skipZxids` adds to it. */
  readonly #skipped: number[] = [];
  readonly #sessions: Int64[] = [];
  readonly #sessionIndex = new Map<string, number>();
  readonly #timeOfZxid = new Map<string, string>();
  /** The highest zxid seen in any reply. */
  lastZxid: number;

  constructor(label: string, baseZxid: number) {
    this.label = label;
    this.#baseZxid = baseZxid;
    this.lastZxid = baseZxid;
  }

  /** Declares that the newest `count` zxids of this server have no counterpart on the other one. */
  skipZxids(count: number): void {
    assert(count < SKIP_LIMIT, `server ${this.label} has used ${count} zxids in one step`);
    for (let i = count - 1; i >= 0; i -= 1) this.#skipped.push(this.lastZxid - i);
  }

  /**
   * Zxids are compared as steps since the comparison began: two servers with different histories must still hand
   * out the same number for the same request. Negative ones and 0 (no transaction) are literal.
   */
  zxid(raw: Int64): string {
    const value = int64ToNumber(raw);
    if (value <= 0 || !Number.isSafeInteger(value)) return int64ToHex(raw);
    if (value <= this.#baseZxid) return 'before';
    return `+${value - this.#baseZxid - this.#skippedUpTo(value)}`;
  }

  /** Notes the zxid of a reply header. */
  sawZxid(raw: Int64): void {
    this.lastZxid = Math.max(this.lastZxid, int64ToNumber(raw));
  }

  /** The inverse of `zxid`, for requests that carry one. */
  resolveZxid(symbolic: SymbolicZxid): Int64 {
    if (symbolic.at === 'number') return symbolic.value;
    const wanted = Math.max(this.lastZxid - this.#skipped.length + symbolic.plus, 1);
    let raw = wanted;
    for (const skipped of this.#skipped) if (skipped <= raw) raw += 1;
    return int64FromNumber(raw);
  }

  /** Registers the next session; both views must register the same ones in the same order. */
  addSession(id: Int64): number {
    this.#sessions.push(id);
    this.#sessionIndex.set(int64Key(id), this.#sessions.length - 1);
    return this.#sessions.length - 1;
  }

  sessionId(index: number): Int64 {
    return this.#sessions[index]!;
  }

  /** Session ids come from clocks, so a session is named by the order in which it was created. */
  session(id: Int64): string {
    if (equalInt64(id, INT64_ZERO)) return '0';
    const index = this.#sessionIndex.get(int64Key(id));
    return index === undefined ? `unknown 0x${int64ToHex(id)}` : `session ${index}`;
  }

  /** Passwords follow from ids: they are compared with what the id gives. */
  password(id: Int64, password: Uint8Array | null): string {
    if (password === null) return 'null';
    if (ZERO_PASSWORD.equals(password)) return 'zeros';
    return sessionPassword(id).equals(password)
      ? 'derived from the id'
      : Buffer.from(password).toString('hex');
  }

  /**
   * Times are clock readings, so a time is compared by the transaction that set it: all that one transaction sets is
   * equal, lies within the run, and is 0 where no transaction did. Anything else comes out as a literal.
   */
  time(time: Int64, zxid: Int64): string {
    const name = this.zxid(zxid);
    const key = int64Key(zxid);
    const value = int64Key(time);
    const known = this.#timeOfZxid.get(key);
    if (known === undefined) {
      if (!this.#isPlausible(time, zxid)) return `implausible 0x${value}`;
      this.#timeOfZxid.set(key, value);
    } else if (known !== value) {
      return `0x${value}, but transaction ${name} was at 0x${known}`;
    }
    return `of ${name}`;
  }

  #isPlausible(time: Int64, zxid: Int64): boolean {
    if (int64ToNumber(zxid) <= 0) return equalInt64(time, INT64_ZERO);
    const ms = int64ToNumber(time);
    const earliest = int64ToNumber(zxid) <= this.#baseZxid ? 1 : this.#startedAt - CLOCK_SLACK_MS;
    return ms >= earliest && ms <= Date.now() + CLOCK_SLACK_MS;
  }

  #skippedUpTo(value: number): number {
    let count = 0;
    for (const skipped of this.#skipped) if (skipped <= value) count += 1;
    return count;
  }
}
