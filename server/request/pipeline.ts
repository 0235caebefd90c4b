import assert from 'node:assert';
import { type Int64, JuteWriter } from 'jute-ts';
import { Broadcast } from '../../election/broadcast.ts';
import type { QuorumVerifier } from '../../election/quorum-verifier.ts';
import type { ServerId } from '../../election/server-id.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { Xid } from '../../protocol/watch-event.ts';
import type { TxnResult } from '../../storage/data-tree.ts';
import type { Database } from '../../storage/database.ts';
import type { Log } from '../../storage/ports.ts';
import { encodeTxn } from '../../storage/txn-codec.ts';
import type { TxnLog } from '../../storage/txn-log.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { ServerStats } from '../metrics/server-stats.ts';
import type { Clock } from '../ports.ts';
import type { PendingChanges } from './pending-changes.ts';
import { isMalformed, type Preparer } from './preparer.ts';
import type { ReadContext } from './read-context.ts';
import { Request, type RequestOrigin } from './request.ts';
import { ping } from './sync.ts';
import { OPERATIONS, type Operation, type ReadOperation } from './table.ts';

/** What the pipeline tells of sessions. */
export interface SessionEvents {
  /** The session of `request` exists from now on. */
  onSessionCreated(request: Request): void;
  /** The session of `request` is gone, and its ephemeral nodes with it. */
  onSessionClosed(request: Request): void;
}

export type PipelineParts = {
  readonly serverId: ServerId;
  readonly verifier: QuorumVerifier;
  readonly database: Database;
  readonly txnLog: TxnLog;
  readonly pending: PendingChanges;
  readonly preparer: Preparer;
  readonly read: ReadContext;
  readonly sessionEvents: SessionEvents;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: ServerStats;
  readonly metrics: ServerMetrics;
};

/**
 * The way of a request: a read is answered from the tree; a write is prepared, proposed, logged, committed
 * by a quorum, applied and then answered. Reads of a session wait for its earlier writes, and for nothing
 * else.
 */
export class RequestPipeline {
  readonly #parts: PipelineParts;
  readonly #broadcast: Broadcast<Request>;
  readonly #txnWriter: JuteWriter = new JuteWriter({ grow }).reset(Buffer.allocUnsafe(4096));
  #requestCount = 0;
  #flushScheduled = false;
  /** Called when a request has left the pipeline, with its size; not for reads that are answered at once. */
  onRequestDone: (connection: ClientConnection | null, requestBytes: number) => void = () => {};

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#broadcast = new Broadcast(parts.verifier, { commit: (request) => this.#commit(request) });
  }

  /** Requests that were taken and not answered: writes under way, and reads that wait for them. */
  get requestCount(): number {
    return this.#requestCount;
  }

  /**
   * A client's request of a type in OPERATIONS; `buffer[start, end)` is its body. The arguments are not
   * gathered into an object: nothing is made on the way of a read. Returns whether it was answered at once.
   */
  submit(
    connection: ClientConnection,
    operation: Operation,
    xid: number,
    type: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): boolean {
    if (operation.kind === 'read' && connection.queue.isEmpty) {
      this.#answerRead(connection, operation, xid, buffer, start, end);
      this.#answered(connection, operation.shortName, xid, connection.receivedMs, true);
      return true;
    }
    const body = { buffer, start, end };
    const request = new Request(originOf(connection), xid, type, body, connection.receivedMs);
    connection.queue.push(request);
    this.#requestCount += 1;
    if (operation.kind === 'write') this.#propose(request);
    return false;
  }

  /** A request that waited too long in the throttle: it is not carried out, and says so in its turn. */
  submitThrottled(connection: ClientConnection, xid: number, type: number): void {
    const nothing = { buffer: EMPTY, start: 0, end: 0 };
    const request = new Request(originOf(connection), xid, type, nothing, connection.receivedMs);
    request.throttled = true;
    connection.queue.push(request);
    this.#requestCount += 1;
    this.#drain(connection);
  }

  /** One of the server's own requests, which nobody waits for. */
  submitOwn(origin: RequestOrigin, type: number, body: Buffer): void {
    const bytes = { buffer: body, start: 0, end: body.length };
    const request = new Request(origin, 0, type, bytes, this.#parts.clock.monotonicMs());
    this.#requestCount += 1;
    this.#propose(request);
  }

  /** Everything up to `zxid` is in this server's log. */
  onDurable(zxid: Int64): void {
    this.#broadcast.onAck(this.#parts.serverId, zxid);
  }

  /** The connection is gone: nobody waits for its reads. Its writes go on. */
  forget(connection: ClientConnection): void {
    for (
      let request = connection.queue.shift();
      request !== null;
      request = connection.queue.shift()
    ) {
      if (request.txn === null) this.#requestCount -= 1;
    }
  }

  #propose(request: Request): void {
    const { preparer, txnLog, clock } = this.#parts;
    const { txn, digest } = preparer.prepare(request, clock.wallMs());
    // From here on the session takes no more requests; what it has under way is still answered.
    if (request.type === OpCode.closeSession && request.origin.session !== null) {
      request.origin.session.closing = true;
    }
    request.txn = txn;
    request.zxid = txn.header.zxid;
    const writer = this.#txnWriter;
    writer.reset(writer.buffer);
    encodeTxn(writer, txn, digest);
    this.#broadcast.propose(request);
    txnLog.append(request.zxid, writer.buffer.subarray(0, writer.offset));
    this.#parts.metrics.proposalCount.add(1);
    this.#flushLater();
  }

  /** What was proposed in this turn goes to the disk in one write at its end. */
  #flushLater(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#parts.clock.afterTurn(() => {
      this.#flushScheduled = false;
      this.#parts.txnLog.flush();
    });
  }

  #commit(request: Request): void {
    const { database, pending, metrics, sessionEvents } = this.#parts;
    const { txn } = request;
    assert(txn !== null, 'only writes are proposed');
    const result = database.apply(txn);
    pending.applied(request.zxid);
    this.#requestCount -= 1;
    metrics.commitCount.add(1);
    if (txn.type === OpCode.createSession) sessionEvents.onSessionCreated(request);
    const { connection } = request.origin;
    if (connection?.isOpen === true && request.type !== OpCode.createSession) {
      const first = connection.queue.shift();
      assert(first === request, 'a connection answers its requests in order');
      this.#answerWrite(connection, request, result);
    }
    if (txn.type === OpCode.closeSession) sessionEvents.onSessionClosed(request);
    if (connection?.isOpen === true) this.#drain(connection);
    this.onRequestDone(connection, request.bytes);
  }

  /** Answers the reads that waited for a write that is now applied. */
  #drain(connection: ClientConnection): void {
    while (connection.isOpen) {
      const request = connection.queue.first;
      if (request === null || request.txn !== null) return;
      connection.queue.shift();
      this.#requestCount -= 1;
      const operation = operationOf(request);
      if (request.throttled) {
        connection.reply(request.xid, this.#lastZxid, ErrorCode.THROTTLEDOP);
      } else if (operation.kind === 'read') {
        const { buffer, start, end } = request;
        this.#answerRead(
          connection,
          operation,
          request.xid,
          buffer,
          start,
          end,
          request.origin.ids,
        );
      }
      this.#answered(connection, operation.shortName, request.xid, request.receivedMs, true);
      this.onRequestDone(connection, request.bytes);
    }
  }

  #answerRead(
    connection: ClientConnection,
    operation: ReadOperation,
    xid: number,
    buffer: Buffer,
    start: number,
    end: number,
    ids: RequestOrigin['ids'] = connection.ids,
  ): void {
    const { read } = this.#parts;
    const { session } = connection;
    assert(session !== null, 'only connections with a session send requests');
    read.reader.reset(buffer, start, end);
    read.watcher = connection;
    read.ids = ids;
    read.session = session;
    const zxid = this.#lastZxid;
    if (operation.body !== 'none') read.writer = connection.beginReply(xid, zxid);
    let err: ErrorCode;
    try {
      err = operation.answer(read);
    } catch (error) {
      if (!isMalformed(error)) throw error;
      this.#parts.log.info(
        { session: session.key, operation: operation.shortName, error: error.message },
        'malformed request',
      );
      err = ErrorCode.MARSHALLINGERROR;
    }
    if (operation.body === 'unless error') connection.endReply(err);
    else if (operation.body === 'always') connection.endReplyWithBody(err);
    // A ping is answered with a ping's xid, whatever its own.
    else connection.reply(operation.answer === ping ? Xid.PING : xid, zxid, err);
  }

  #answerWrite(connection: ClientConnection, request: Request, result: TxnResult): void {
    const operation = operationOf(request);
    assert(operation.kind === 'write', 'only writes are committed');
    const writer = connection.beginReply(request.xid, this.#lastZxid);
    // A multi that failed as a multi is a success with errors inside.
    const err = request.txn?.type === OpCode.multi ? ErrorCode.OK : result.err;
    if (err === ErrorCode.OK) operation.answer(writer, result);
    connection.endReply(err);
    this.#answered(connection, operation.shortName, request.xid, request.receivedMs, false);
  }

  get #lastZxid(): Int64 {
    return this.#parts.database.lastProcessedZxid;
  }

  #answered(
    connection: ClientConnection,
    shortName: string,
    xid: number,
    receivedMs: number,
    isRead: boolean,
  ): void {
    const { clock, stats } = this.#parts;
    const nowMs = clock.monotonicMs();
    const latencyMs = Math.max(0, nowMs - receivedMs);
    if (isRead) stats.addReadLatency(latencyMs);
    else stats.addUpdateLatency(latencyMs);
    connection.stats.onResponse(shortName, xid, this.#lastZxid, nowMs, latencyMs);
    if (xid > 0) connection.outstandingCount -= 1;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);

function operationOf(request: Request): Operation {
  const operation = OPERATIONS.get(request.type);
  assert(operation !== undefined, 'only known operations are submitted');
  return operation;
}

function originOf(connection: ClientConnection): RequestOrigin {
  const { session, ids } = connection;
  assert(session !== null, 'only connections with a session send requests');
  return { connection, session, sessionId: session.id, ids };
}

function grow(current: Buffer, usedBytes: number, neededBytes: number): Buffer {
  const grown = Buffer.allocUnsafe(Math.max(neededBytes, 2 * current.length));
  current.copy(grown, 0, 0, usedBytes);
  return grown;
}
