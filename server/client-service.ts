import assert from 'node:assert';
import { type Int64, JuteReader } from 'jute-ts';
import type { ConnectRequest } from '../protocol/client-codec.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import {
  readAuthPacket,
  readGetSASLRequest,
  writeSetSASLResponse,
} from '../protocol/generated/proto.ts';
import { INT64_MINUS_ONE, INT64_ZERO } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import type { Log } from '../storage/ports.ts';
import type { FourLetterWord } from './admin/four-letter-word.ts';
import { fourLetterWordOfCode, notWhitelisted, TELNET_CLOSE } from './admin/four-letter-word.ts';
import type { AccessControl } from './auth/access-control.ts';
import { type ClientConnection, type ConnectionHost, PauseReason } from './client-connection.ts';
import type { Config } from './config/config-type.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServerStats } from './metrics/server-stats.ts';
import type { Clock, Timer } from './ports.ts';
import type { RequestPipeline } from './request/pipeline.ts';
import { isMalformed } from './request/preparer.ts';
import { OPERATIONS } from './request/table.ts';
import { ExpiryQueue } from './session/expiry-queue.ts';
import type { SessionService } from './session/session-service.ts';
import type { WatchManager } from './watch/watch-manager.ts';

export type ClientServiceParts = {
  readonly config: Config;
  readonly sessions: SessionService;
  readonly pipeline: RequestPipeline;
  readonly access: AccessControl;
  readonly watches: WatchManager;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: ServerStats;
  readonly metrics: ServerMetrics;
  /** Renders a four-letter word that is allowed. */
  readonly render: (word: FourLetterWord, argument: Buffer | undefined) => string;
};

/** zxid of a reply about authentication. */
const NO_ZXID: Int64 = INT64_ZERO;
/** zxid of the reply to an unknown operation. */
const UNKNOWN_ZXID: Int64 = INT64_MINUS_ONE;

/** What all client connections do with the server: words, handshakes, requests, limits, and the end of a turn. */
export class ClientService implements ConnectionHost {
  readonly #parts: ClientServiceParts;
  readonly #reader: JuteReader;
  readonly #connections = new Set<ClientConnection>();
  readonly #idle: ExpiryQueue<ClientConnection>;
  /** Connections that have replies to send at the end of this turn. */
  #dirty: ClientConnection[] = [];
  #turnScheduled = false;
  /** Connections that the request throttle holds, first come first served. */
  #throttled: ClientConnection[] = [];
  #largeBytes = 0;
  #timer: Timer | null = null;
  serving = false;

  constructor(parts: ClientServiceParts) {
    this.#parts = parts;
    this.#reader = new JuteReader({ maxBufferBytes: parts.config.juteMaxBufferBytes });
    this.#idle = new ExpiryQueue(parts.config.sessionlessCnxnTimeoutMs, parts.clock.monotonicMs());
    parts.pipeline.onRequestDone = (connection) => this.#onRequestDone(connection);
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
    this.#onClosed(connection);
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
    const { config, pipeline, clock, metrics } = this.#parts;
    const inPipeline = pipeline.requestCount;
    if (inPipeline > config.globalOutstandingLimit && connection.outstandingCount > 0) {
      connection.pauseFor(PauseReason.OUTSTANDING);
      return false;
    }
    const { maxRequests } = config.requestThrottle;
    if (maxRequests === null || inPipeline < maxRequests) return true;
    metrics.requestThrottleWaitCount.add(1);
    connection.throttledSinceMs ??= clock.monotonicMs();
    connection.pauseFor(PauseReason.THROTTLED);
    this.#throttled.push(connection);
    return false;
  }

  /** One request: int xid, int type, record. The order of the checks is Apache's (ZooKeeperServer.processPacket). */
  submit(connection: ClientConnection, buffer: Buffer, start: number, end: number): void {
    if (end - start < 8) {
      connection.refuse('a request is shorter than its header');
      return;
    }
    const xid = buffer.readInt32BE(start);
    const type = buffer.readInt32BE(start + 4);
    if (type === OpCode.auth) {
      this.#authenticate(connection, xid, buffer, start + 8, end);
      return;
    }
    if (type === OpCode.sasl) {
      this.#answerSasl(connection, xid, buffer, start + 8, end);
      return;
    }
    if (!this.#mayProceed(connection)) {
      connection.reply(xid, NO_ZXID, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
      connection.closeAfterReplies();
      return;
    }
    const { session } = connection;
    // A session that is ending takes no more requests, and they get no answer (submitRequestNow).
    if (session === null || session.closing) return;
    this.#parts.sessions.touch(session, connection.receivedMs);
    const operation = OPERATIONS.get(type);
    if (operation === undefined) {
      this.#parts.log.warn({ client: connection.remote, type }, 'unknown operation');
      connection.reply(xid, UNKNOWN_ZXID, ErrorCode.UNIMPLEMENTED);
      connection.closeAfterReplies();
      return;
    }
    if (!this.#takeLarge(connection, end - start)) return;
    if (xid > 0) connection.outstandingCount += 1;
    if (this.#waitedTooLong(connection, type)) {
      this.#parts.metrics.throttledOps.add(1);
      this.#parts.pipeline.submitThrottled(connection, xid, type);
    } else {
      this.#parts.pipeline.submit(connection, operation, xid, type, buffer, start + 8, end);
    }
  }

  #authenticate(
    connection: ClientConnection,
    xid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    const { access, log, stats } = this.#parts;
    let packet: ReturnType<typeof readAuthPacket>;
    try {
      packet = readAuthPacket(this.#reader.reset(buffer, start, end));
    } catch (error) {
      if (!isMalformed(error)) throw error;
      connection.refuse(`malformed AuthPacket: ${error.message}`);
      return;
    }
    const { scheme, auth } = packet;
    const provider = access.provider(scheme);
    const ids = provider?.authenticate(auth, connection.transport.remoteAddress);
    if (ids === undefined) {
      stats.authFailedCount += 1;
      log.warn(
        { client: connection.remote, scheme, known: access.schemes },
        'authentication failed',
      );
      connection.reply(xid, NO_ZXID, ErrorCode.AUTHFAILED);
      connection.closeAfterReplies();
      return;
    }
    connection.addIds(ids);
    connection.reply(xid, NO_ZXID, ErrorCode.OK);
  }

  /** Without SASL configured, Apache's server answers every token with none and goes on; clients then go on too. */
  #answerSasl(
    connection: ClientConnection,
    xid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    try {
      const { token } = readGetSASLRequest(this.#reader.reset(buffer, start, end));
      if (token === null) {
        connection.refuse('a SASL token must not be null');
        return;
      }
    } catch (error) {
      if (!isMalformed(error)) throw error;
      connection.refuse(`malformed SASL request: ${error.message}`);
      return;
    }
    const writer = connection.beginReply(xid, NO_ZXID);
    writeSetSASLResponse(writer, { token: null });
    connection.endReply(ErrorCode.OK);
  }

  /** With `enforce.auth`, only who has presented one of the schemes may go on; not even pings pass. */
  #mayProceed(connection: ClientConnection): boolean {
    const { enabled, schemes } = this.#parts.config.enforceAuth;
    return !enabled || connection.ids.some(({ scheme }) => schemes.includes(scheme ?? ''));
  }

  #takeLarge(connection: ClientConnection, bytes: number): boolean {
    const { largeRequestThresholdBytes, largeRequestMaxBytes } = this.#parts.config;
    if (largeRequestThresholdBytes === null || bytes <= largeRequestThresholdBytes) return true;
    if (this.#largeBytes + bytes > largeRequestMaxBytes) {
      this.#parts.metrics.largeRequestsRejected.add(1);
      connection.refuse('large requests under way are above largeRequestMaxBytes');
      return false;
    }
    this.#largeBytes += bytes;
    connection.largeBytes += bytes;
    return true;
  }

  #waitedTooLong(connection: ClientConnection, type: number): boolean {
    const since = connection.throttledSinceMs;
    if (since === undefined) return false;
    connection.throttledSinceMs = undefined;
    const { clock, metrics, config } = this.#parts;
    const waitedMs = clock.monotonicMs() - since;
    metrics.requestThrottleQueueTimeMs.add(waitedMs);
    if (type === OpCode.ping || type === OpCode.closeSession) return false;
    return config.throttledOpWaitMs !== null && waitedMs > config.throttledOpWaitMs;
  }

  #onRequestDone(connection: ClientConnection | null): void {
    const { pipeline, config } = this.#parts;
    if (connection !== null) {
      if (connection.largeBytes > 0 && connection.queue.isEmpty) this.#giveLargeBack(connection);
      const limit = config.globalOutstandingLimit;
      if (pipeline.requestCount <= limit || connection.outstandingCount === 0) {
        connection.resumeFor(PauseReason.OUTSTANDING);
      }
    }
    const { maxRequests } = config.requestThrottle;
    while (
      maxRequests !== null &&
      this.#throttled.length > 0 &&
      pipeline.requestCount < maxRequests
    ) {
      this.#resumeThrottled(this.#throttled.shift() as ClientConnection);
    }
  }

  #resumeThrottled(connection: ClientConnection): void {
    const { config, clock, metrics } = this.#parts;
    const { dropStale, staleLatencyCheck } = config.requestThrottle;
    const waitedMs = clock.monotonicMs() - (connection.throttledSinceMs ?? clock.monotonicMs());
    const stale = staleLatencyCheck && waitedMs > connection.idleTimeoutMs;
    if (stale || !connection.isOpen) metrics.staleRequests.add(1);
    if (stale && dropStale) {
      metrics.staleRequestsDropped.add(1);
      connection.refuse('its request waited longer than its session lives');
      return;
    }
    connection.resumeFor(PauseReason.THROTTLED);
  }

  #giveLargeBack(connection: ClientConnection): void {
    this.#largeBytes -= connection.largeBytes;
    connection.largeBytes = 0;
  }

  #onClosed(connection: ClientConnection): void {
    this.#giveLargeBack(connection);
    this.onConnectionClosed(connection);
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
        for (const connection of this.#idle.poll(clock.monotonicMs())) this.#closeIdle(connection);
        this.#scheduleIdleCheck();
      });
    });
  }

  #closeIdle(connection: ClientConnection): void {
    const { metrics, log } = this.#parts;
    if (connection.session === null) metrics.sessionlessConnectionsExpired.add(1);
    else metrics.connectionDropCount.add(1);
    if (connection.unsentBytes > 0) {
      metrics.slowReaderDisconnectCount.add(1);
      log.warn(
        { client: connection.remote, unsentBytes: connection.unsentBytes },
        'client does not read its replies; disconnected',
      );
      connection.destroy();
      return;
    }
    connection.refuse('nothing was heard of the client for its timeout');
  }
}
