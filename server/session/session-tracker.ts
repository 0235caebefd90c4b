import type { Int64 } from 'jute-ts';
import { incrementInt64, int64Key } from '../../protocol/int64.ts';
import { type Expiring, ExpiryQueue } from './expiry-queue.ts';

/** What a session needs of the connection that it is attached to. */
export interface SessionConnection {
  /** The session is gone or has moved: close the connection without a word. */
  closeForSession(): void;
}

/** A client's session; it outlives its connections. */
export class Session implements Expiring {
  readonly id: Int64;
  readonly key: string;
  timeoutMs: number;
  /** Set as soon as its end is proposed: from then on its requests are dropped (SessionTrackerImpl). */
  closing = false;
  /** The connection it is attached to on this server. */
  connection: SessionConnection | null = null;
  expiresAtMs = 0;
  /** Called when the session is gone and its ephemerals with it. */
  readonly onRemoved: (() => void)[] = [];

  constructor(id: Int64, timeoutMs: number) {
    this.id = id;
    this.key = int64Key(id);
    this.timeoutMs = timeoutMs;
  }
}

export type SessionTrackerOptions = {
  readonly tickTimeMs: number;
  /** The id that marks this server's sessions: their top byte. */
  readonly serverId: number;
  readonly nowMs: number;
  readonly wallMs: number;
};

/** All sessions that this server answers for, and when each expires. */
export class SessionTracker {
  readonly #sessions = new Map<string, Session>();
  readonly #expiry: ExpiryQueue<Session>;
  #nextId: Int64;

  constructor(options: SessionTrackerOptions) {
    this.#expiry = new ExpiryQueue(options.tickTimeMs, options.nowMs);
    this.#nextId = firstSessionId(options.serverId, options.wallMs);
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** When `takeExpired` should be called next, in ms of monotonic time. */
  get deadlineMs(): number {
    return this.#expiry.deadlineMs;
  }

  /** Makes a session with a new id. */
  create(nowMs: number, timeoutMs: number): Session {
    let id = this.#nextId;
    while (this.#sessions.has(int64Key(id))) id = incrementInt64(id);
    this.#nextId = incrementInt64(id);
    return this.track(id, nowMs, timeoutMs);
  }

  /** Follows a session that is known from the log, with its full timeout before it. */
  track(id: Int64, nowMs: number, timeoutMs: number): Session {
    const session = new Session(id, timeoutMs);
    this.#sessions.set(session.key, session);
    this.#expiry.touch(session, nowMs, timeoutMs);
    return session;
  }

  get(id: Int64): Session | undefined {
    return this.#sessions.get(int64Key(id));
  }

  /** The client was heard. */
  touch(session: Session, nowMs: number): void {
    this.#expiry.touch(session, nowMs, session.timeoutMs);
  }

  /** The session's end was applied: nothing of it is left. */
  remove(session: Session): void {
    this.#sessions.delete(session.key);
    this.#expiry.remove(session);
    for (const removed of session.onRemoved) removed();
  }

  /** Takes the sessions whose time has come; they are closing from now on. */
  takeExpired(nowMs: number): Session[] {
    const expired = this.#expiry.poll(nowMs).filter((session) => !session.closing);
    for (const session of expired) session.closing = true;
    return expired;
  }

  sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Sessions by the time at which they expire, for `dump`. */
  expiryBuckets(): [number, ReadonlySet<Session>][] {
    return this.#expiry.entries();
  }
}

/**
 * The id to begin with: the server's id in the top byte, 40 bits of milliseconds, 16 zero bits. The
 * top byte tells the servers of an ensemble whose session it was.
 *
 * deviates: wall-clock time where Apache takes time since boot, which a reboot repeats.
 */
export function firstSessionId(serverId: number, wallMs: number): Int64 {
  const low16 = wallMs % 0x10000;
  const high24 = Math.floor(wallMs / 0x10000) % 0x1000000;
  const id = { hi: ((serverId & 0xff) << 24) | high24, lo: (low16 << 16) | 0 };
  // ZOOKEEPER-2901: this one value marks a container's owner.
  return id.hi === (0x80000000 | 0) && id.lo === 0 ? { hi: id.hi, lo: 1 } : id;
}
