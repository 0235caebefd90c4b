/** A world of one's own for a client: its clock moves and its servers answer when the test says so. */
import type { Endpoint } from '../../../client/connect-string.ts';
import type { ClientPorts, ConnectionEvents } from '../../../client/ports.ts';
import { type ReceivedRequest, readRequest } from './server-frames.ts';

type ScriptedTimer = { readonly atMs: number; readonly fn: () => void };

/** One connection that the client has made, from the server's side. */
export class ScriptedConnection {
  readonly endpoint: Endpoint;
  readonly events: ConnectionEvents;
  readonly received: Buffer[] = [];
  isClosed = false;

  constructor(endpoint: Endpoint, events: ConnectionEvents) {
    this.endpoint = endpoint;
    this.events = events;
  }

  /** The requests behind the handshake. */
  requests(): ReceivedRequest[] {
    return this.received.slice(1).map((bytes) => readRequest(bytes));
  }

  send(...frames: readonly Buffer[]): void {
    this.events.onData(Buffer.concat(frames));
  }
}

export class ScriptedWorld {
  readonly connections: ScriptedConnection[] = [];
  readonly #timers = new Set<ScriptedTimer>();
  readonly #deferred: (() => void)[] = [];
  #nowMs = 0;
  /** How often a timer was set. */
  timerCount = 0;

  readonly ports: ClientPorts = {
    clock: {
      monotonicMs: () => this.#nowMs,
      setTimer: (delayMs, fn) => {
        const timer = { atMs: this.#nowMs + delayMs, fn };
        this.#timers.add(timer);
        this.timerCount += 1;
        return { cancel: () => this.#timers.delete(timer) };
      },
      defer: (fn) => {
        this.#deferred.push(fn);
      },
    },
    dialer: {
      dial: (endpoint, events) => {
        const connection = new ScriptedConnection(endpoint, events);
        this.connections.push(connection);
        return {
          send: (bytes) => connection.received.push(bytes),
          close: () => {
            connection.isClosed = true;
          },
        };
      },
    },
    random: () => 0.5,
  };

  get pendingTimerCount(): number {
    return this.#timers.size;
  }

  /** The connection that was made last. */
  get connection(): ScriptedConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nothing was dialed');
    return last;
  }

  /** Runs what was put off, once; answers how much that was. */
  runDeferred(): number {
    const due = this.#deferred.splice(0);
    for (const fn of due) fn();
    return due.length;
  }

  /** Lets time pass, and the timers of that time go off. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets all promise continuations run that are due. */
export async function continuations(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
