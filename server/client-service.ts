import assert from 'node:assert';
import type { ConnectRequest } from '../protocol/client-codec.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { INT64_MINUS_ONE } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import type { Log } from '../storage/ports.ts';
import {
  type FourLetterWord,
  fourLetterWordOfCode,
  notWhitelisted,
  TELNET_CLOSE,
} from './admin/four-letter-word.ts';
import type { Admission } from './admission.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { ClientConnection, ConnectionHost } from './client-connection.ts';
import type { Config } from './config/config-type.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import type { Clock, Timer } from './ports.ts';
import type { RequestPipeline } from './request/pipeline.ts';
import { OPERATIONS } from './request/table.ts';
import { ExpiryQueue } from './session/expiry-queue.ts';
import type { SessionService } from './session/session-service.ts';
import type { WatchManager } from './watch/watch-manager.ts';

export type ClientServiceParts = {
  readonly config: Config;
  readonly sessions: SessionService;
  readonly pipeline: RequestPipeline;
  readonly admission: Admission;
  readonly authenticator: Authenticator;
  readonly watches: WatchManager;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** Renders a four-letter word that is allowed. */
  readonly render: (word: FourLetterWord, argument: Buffer | undefined) => string;
};

/** zxid of the reply to an unknown operation. */
const UNKNOWN_ZXID = INT64_MINUS_ONE;

/** What all client connections do with the server: words, handshakes, requests, silence, and the end of a turn. */
export class ClientService implements ConnectionHost {
  readonly #parts: ClientServiceParts;
  readonly #connections = new Set<ClientConnection>();
  readonly #idle: ExpiryQueue<ClientConnection>;
  /** Connections that have replies to send at the end of this turn. */
  #dirty: ClientConnection[] = [];
  #turnScheduled = false;
  #timer: Timer | null = null;
  serving = false;

  constructor(parts: ClientServiceParts) {
    this.#parts = parts;
    this.#idle = new ExpiryQueue(parts.config.sessionlessCnxnTimeoutMs, parts.clock.monotonicMs());
    parts.pipeline.onRequestDone = (connection, requestBytes) =>
      parts.admission.onRequestDone(connection, requestBytes);
  }

  get connections(): ReadonlySet<ClientConnection> {
    return this.#connections;
  }

  /** Connections by the time at which they are closed for silence (monotonic ms). */
  get idleBuckets(): [number, ReadonlySet<ClientConnection>][] {
    return this.#idle.entries();
  }

  start(): void {
    this.serving = true;
    this.#scheduleIdleCheck();
  }

  /** Takes no more requests and closes every connection. */
  stop(): void {
    this.serving = false;
    this.#timer?.cancel();
    for (const connection of [...this.#connections]) connection.closeAfterReplies();
  }

  /** A new connection; it has until the handshake timeout to open a session. */
  opened(connection: ClientConnection): void {
    this.#connections.add(connection);
    this.#idle.touch(connection, this.#parts.clock.monotonicMs(), connection.idleTimeoutMs);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#idle.remove(connection);
    this.#parts.pipeline.forget(connection);
    this.#parts.sessions.detach(connection);
    this.#parts.watches.removeWatcher(connection);
    this.#parts.admission.onConnectionClosed(connection);
    this.onConnectionClosed(connection);
  }

  /** Set by whoever must know of each connection's end. */
  onConnectionClosed: (connection: ClientConnection) => void = () => {};

  fourLetterWordArgumentBytes(code: number): number | undefined {
    const word = fourLetterWordOfCode(code);
    if (word === undefined) return undefined;
    return word === 'stmk' && this.#allows(word) ? 8 : 0;
  }

  fourLetterWord(code: number, argument: Buffer | undefined): string {
    const word = fourLetterWordOfCode(code);
    assert(word !== undefined, 'only four-letter words are answered');
    if (word === TELNET_CLOSE || !this.#allows(word)) return notWhitelisted(word);
    return this.#parts.render(word, argument);
  }

  #allows(word: string): boolean {
    return this.#parts.config.fourLetterWords.has(word);
  }

  connect(connection: ClientConnection, request: ConnectRequest): void {
    this.#parts.sessions.connect(connection, request);
  }

  touch(connection: ClientConnection): void {
    this.#idle.touch(connection, this.#parts.clock.monotonicMs(), connection.idleTimeoutMs);
  }

  flushLater(connection: ClientConnection): void {
    if (!connection.isDirty) {
      connection.isDirty = true;
      this.#dirty.push(connection);
      this.#flushConnectionsLater();
    }
  }

  admit(connection: ClientConnection): boolean {
    return this.#parts.admission.admit(connection);
  }

  /** One request: int xid, int type, record. The order of the checks is Apache's (ZooKeeperServer.processPacket). */
  submit(connection: ClientConnection, buffer: Buffer, start: number, end: number): void {
    const { authenticator, admission, sessions, pipeline, metrics, log } = this.#parts;
    if (end - start < 8) {
      connection.refuse('a request is shorter than its header');
      return;
    }
    const xid = buffer.readInt32BE(start);
    const type = buffer.readInt32BE(start + 4);
    const bodyStart = start + 8;
    if (type === OpCode.auth) {
      authenticator.authenticate(connection, xid, buffer, bodyStart, end);
      return;
    }
    if (type === OpCode.sasl) {
      authenticator.answerSasl(connection, xid, buffer, bodyStart, end);
      return;
    }
    if (!authenticator.mayProceed(connection, xid)) return;
    const { session } = connection;
    // A session that is ending takes no more requests, and they get no answer (submitRequestNow).
    if (session === null || session.closing) return;
    sessions.touch(session, connection.receivedMs);
    const operation = OPERATIONS.get(type);
    if (operation === undefined) {
      log.warn({ client: connection.remote, type }, 'unknown operation');
      connection.reply(xid, UNKNOWN_ZXID, ErrorCode.UNIMPLEMENTED);
      connection.closeAfterReplies();
      return;
    }
    const requestBytes = end - start;
    const isThrottled =
      admission.waitedTooLong(connection) && type !== OpCode.ping && type !== OpCode.closeSession;
    if (!isThrottled && !admission.reserve(connection, requestBytes)) {
      connection.refuse('large requests under way are above largeRequestMaxBytes');
      return;
    }
    if (xid > 0) connection.outstandingCount += 1;
    if (isThrottled) {
      metrics.throttledOps.add(1);
      pipeline.submitThrottled(connection, xid, type);
    } else if (pipeline.submit(connection, operation, xid, type, buffer, bodyStart, end)) {
      admission.release(connection, requestBytes);
    }
  }

  /** At the end of the turn, one write for each connection, for all that happened in it. */
  #flushConnectionsLater(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#parts.clock.afterTurn(() => {
      this.#turnScheduled = false;
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const connection of dirty) {
        connection.isDirty = false;
        connection.flush();
      }
    });
  }

  #scheduleIdleCheck(): void {
    const { clock } = this.#parts;
    const delayMs = Math.max(0, this.#idle.deadlineMs - clock.monotonicMs());
    this.#timer = clock.setTimer(delayMs, () => {
      clock.afterTurn(() => {
        if (!this.serving) return;
        for (const connection of this.#idle.poll(clock.monotonicMs())) this.#closeIdle(connection);
        this.#scheduleIdleCheck();
      });
    });
  }

  #closeIdle(connection: ClientConnection): void {
    const { metrics } = this.#parts;
    if (connection.session === null) metrics.sessionlessConnectionsExpired.add(1);
    else metrics.connectionDropCount.add(1);
    if (connection.unsentBytes > 0) connection.disconnectSlowReader();
    else connection.refuse('nothing was heard of the client for its timeout');
  }
}
