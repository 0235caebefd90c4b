import assert from 'node:assert';
import type { Clock, Timer } from '../../server/ports.ts';

export type SimClockOptions = {
  /** Where the monotonic clock stands; not 0, so that nobody takes it for «never». Default 1,000,000. */
  readonly monotonicMs?: number;
  /** Where the wall clock stands. Default 2023-11-14 22:13:20. */
  readonly wallMs?: number;
};

type SimTimer = {
  readonly atMs: number;
  /** Which of two timers for the same moment was set first. */
  readonly order: number;
  readonly fire: () => void;
};

/**
 * A clock in virtual time: it stands still until it is told to go on, and then does in order what a real one would.
 *
 * Like an event loop it keeps two things apart: timers, which are due at a time, and what is put off to the end of the
 * turn. Whoever drives it decides what happens in between; see `InProcessServer.turn`.
 */
export class SimClock implements Clock {
  #nowMs: number;
  #wallAheadMs: number;
  readonly #timers = new Set<SimTimer>();
  #timerCount = 0;
  #afterTurn: (() => void)[] = [];

  constructor(options: SimClockOptions = {}) {
    this.#nowMs = options.monotonicMs ?? 1_000_000;
    this.#wallAheadMs = (options.wallMs ?? 1_700_000_000_000) - this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallAheadMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    // As Node's timers: of NaN or a negative delay something would come, but not what was meant.
    assert(delayMs >= 0, `a timer's delay is not negative: ${delayMs}`);
    const timer = { atMs: this.#nowMs + delayMs, order: this.#timerCount++, fire };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  afterTurn(run: () => void): void {
    this.#afterTurn.push(run);
  }

  /** Timers that were set and have neither fired nor been cancelled. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, in ms of monotonic time; undefined if there is none. */
  get nextTimerMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /** Lets time pass without anything happening, as it does for a process that is held up. */
  pass(ms: number): void {
    assert(ms >= 0, 'monotonic time does not go back');
    this.#nowMs += ms;
  }

  /** Puts the wall clock forward or back, as its keeper may. */
  shiftWall(ms: number): void {
    this.#wallAheadMs += ms;
  }

  /** Fires the timers that are due now, the earliest first; not those that they set. False if there were none. */
  fireTimers(): boolean {
    const before = this.#timerCount;
    let fired = false;
    for (;;) {
      const timer = this.#next();
      if (timer === undefined || timer.atMs > this.#nowMs || timer.order >= before) return fired;
      this.#timers.delete(timer);
      timer.fire();
      fired = true;
    }
  }

  /** Runs what was put off to the end of this turn; what that puts off waits for the next. False if there was nothing. */
  endTurn(): boolean {
    const due = this.#afterTurn;
    this.#afterTurn = [];
    for (const run of due) run();
    return due.length > 0;
  }

  #next(): SimTimer | undefined {
    let next: SimTimer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.atMs < next.atMs) next = timer;
    }
    return next;
  }
}
