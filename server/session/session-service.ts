import { JuteWriter } from 'jute-ts';
import type { ConnectRequest } from '../../protocol/client-codec.ts';
import { writeCreateSessionTxn } from '../../protocol/generated/txn.ts';
import { compareInt64, int64ToHex } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { Database } from '../../storage/database.ts';
import type { Log } from '../../storage/ports.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { ConnectionThrottle } from '../connection-throttle.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { Clock, Timer } from '../ports.ts';
import type { RequestPipeline, SessionEvents } from '../request/pipeline.ts';
import type { Request } from '../request/request.ts';
import { sessionPassword } from './session-password.ts';
import type { Session, SessionTracker } from './session-tracker.ts';

export type SessionServiceParts = {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly tracker: SessionTracker;
  readonly database: Database;
  readonly throttle: ConnectionThrottle;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
};

/** Opens, resumes, expires and ends sessions. */
export class SessionService implements SessionEvents {
  readonly #parts: SessionServiceParts;
  #pipeline!: RequestPipeline;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(parts: SessionServiceParts) {
    this.#parts = parts;
  }

  /** Begins to follow the sessions that the database has, each with its whole timeout before it. */
  start(pipeline: RequestPipeline): void {
    this.#pipeline = pipeline;
    const { tracker, database, clock } = this.#parts;
    for (const { id, timeoutMs } of database.sessions.values()) {
      tracker.track(id, clock.monotonicMs(), timeoutMs);
    }
    this.#scheduleExpiry();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A client's first message, in the order of checks of ZooKeeperServer.processConnectRequest. */
  connect(connection: ClientConnection, request: ConnectRequest): void {
    const { throttle, clock, metrics, database, log } = this.#parts;
    const isNew = request.sessionId.hi === 0 && request.sessionId.lo === 0;
    metrics.connectionTokenDeficit.add(throttle.deficit);
    if (!throttle.admit(isNew ? 'new' : 'renew', clock.monotonicMs())) {
      metrics.connectionRejected.add(1);
      connection.closeAfterReplies();
      return;
    }
    metrics.connectionRequestCount.add(1);
    if (compareInt64(request.lastZxidSeen, database.lastProcessedZxid) > 0) {
      log.info(
        {
          client: connection.remote,
          seen: int64ToHex(request.lastZxidSeen),
          ours: int64ToHex(database.lastProcessedZxid),
        },
        'client has seen a later zxid than ours; it must try another server',
      );
      connection.closeAfterReplies();
      return;
    }
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#parts;
    const timeoutMs = Math.min(Math.max(request.timeOut, minSessionTimeoutMs), maxSessionTimeoutMs);
    connection.idleTimeoutMs = timeoutMs;
    if (isNew) this.#create(connection, timeoutMs);
    else this.#resume(connection, request, timeoutMs);
  }

  /** The client was heard on its connection. */
  touch(session: Session, nowMs: number): void {
    this.#parts.tracker.touch(session, nowMs);
  }

  /** The connection is gone; its session lives on until it expires. */
  detach(connection: ClientConnection): void {
    if (connection.session?.connection === connection) connection.session.connection = null;
  }

  onSessionCreated(request: Request): void {
    const { connection, session } = request.origin;
    if (session === null || connection === null) return;
    // The handshake waited at the head of the connection's queue.
    connection.sessionOpened(session, sessionPassword(session.id));
  }

  onSessionClosed(request: Request): void {
    const { session } = request.origin;
    if (session === null) return;
    const { connection } = session;
    this.#parts.tracker.remove(session);
    connection?.closeForSession();
  }

  #create(connection: ClientConnection, timeoutMs: number): void {
    const { tracker, clock } = this.#parts;
    const session = tracker.create(clock.monotonicMs(), timeoutMs);
    attach(session, connection);
    const writer = new JuteWriter().reset(Buffer.allocUnsafe(4));
    writeCreateSessionTxn(writer, { timeOut: timeoutMs });
    const origin = { connection, session, sessionId: session.id, ids: connection.ids };
    this.#pipeline.submitOwn(origin, OpCode.createSession, writer.buffer);
  }

  #resume(connection: ClientConnection, request: ConnectRequest, timeoutMs: number): void {
    const { tracker, clock, metrics } = this.#parts;
    const session = tracker.get(request.sessionId);
    // The client is here now, so that whatever it left behind is not (before its password is looked at,
    // as in Apache's server).
    session?.connection?.closeForSession();
    metrics.connectionRevalidateCount.add(1);
    const password = sessionPassword(request.sessionId);
    if (session === undefined || request.passwd === null || !password.equals(request.passwd)) {
      this.#refuse(connection, request);
      return;
    }
    if (session.closing) {
      // «Expired» is said only once its ephemeral nodes are gone: a client that hears it may make the
      // same nodes again at once (ZOOKEEPER-4837).
      session.onRemoved.push(() => this.#refuse(connection, request));
      return;
    }
    session.timeoutMs = timeoutMs;
    tracker.touch(session, clock.monotonicMs());
    attach(session, connection);
    connection.sessionOpened(session, password);
  }

  #refuse(connection: ClientConnection, request: ConnectRequest): void {
    this.#parts.log.info(
      { client: connection.remote, session: int64ToHex(request.sessionId) },
      'session can not be resumed; probably expired',
    );
    connection.sessionRefused();
  }

  #scheduleExpiry(): void {
    const { tracker, clock } = this.#parts;
    const delayMs = Math.max(0, tracker.deadlineMs - clock.monotonicMs());
    this.#timer = clock.setTimer(delayMs, () => {
      // What clients sent while this process was held up is read first: a session whose client could not
      // be heard must not be taken for dead.
      clock.afterTurn(() => {
        if (this.#stopped) return;
        this.#expire();
        this.#scheduleExpiry();
      });
    });
  }

  #expire(): void {
    const { tracker, clock, metrics, log } = this.#parts;
    for (const session of tracker.takeExpired(clock.monotonicMs())) {
      metrics.staleSessionsExpired.add(1);
      log.info({ session: session.key, timeoutMs: session.timeoutMs }, 'session expired');
      const origin = { connection: null, session, sessionId: session.id, ids: [] };
      this.#pipeline.submitOwn(origin, OpCode.closeSession, Buffer.alloc(0));
    }
  }
}

function attach(session: Session, connection: ClientConnection): void {
  session.connection = connection;
  connection.session = session;
}
