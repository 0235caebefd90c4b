import type { Int64 } from 'jute-ts';
import { compareInt64, INT64_ZERO, int64Key } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import { DataTree, type DataTreeOptions, type TxnResult } from './data-tree.ts';
import type { Txn } from './txn-codec.ts';

/** A session as the log knows it. */
export type DatabaseSession = { readonly id: Int64; readonly timeoutMs: number };

/** The tree digest right after a transaction. */
export type ZxidDigest = { readonly zxid: Int64; readonly digest: Int64 };

/** Every 128th digest is kept, by the zxid, so that servers keep the same ones; and so many of them. */
const DIGEST_LOG_INTERVAL = 128;
const DIGEST_LOG_LIMIT = 1024;

/** What transactions make: the tree, the sessions, and how far they have been applied. */
export class Database {
  readonly tree: DataTree;
  /** The global sessions, by int64Key of their id. */
  readonly sessions: Map<string, DatabaseSession> = new Map();
  /** The zxid of the last transaction applied; a new leader sets it to the start of its epoch. */
  lastProcessedZxid: Int64 = INT64_ZERO;
  readonly #digestLog: ZxidDigest[] = [];

  constructor(options: DataTreeOptions) {
    this.tree = new DataTree(options);
  }

  /** Digests of the past, the oldest first, for the four-letter word `hash`. */
  get digestLog(): readonly ZxidDigest[] {
    return this.#digestLog;
  }

  /** Carries out a transaction, whole, before it counts as processed. */
  apply(txn: Txn): TxnResult {
    const { clientId, zxid } = txn.header;
    if (txn.type === OpCode.createSession) {
      const session = { id: clientId, timeoutMs: txn.body.timeOut };
      this.sessions.set(int64Key(clientId), session);
    } else if (txn.type === OpCode.closeSession) {
      this.sessions.delete(int64Key(clientId));
    }
    const result = this.tree.apply(txn);
    if (compareInt64(zxid, this.lastProcessedZxid) > 0) this.lastProcessedZxid = zxid;
    if (zxid.lo % DIGEST_LOG_INTERVAL === 0) this.#logDigest(zxid);
    return result;
  }

  /**
   * Deletes the ephemerals of sessions that do not exist. A tree that was read while it changed may have
   * them (ZooKeeperServer.loadData); called once, after recovery.
   */
  killDeadSessions(): void {
    const dead = [...this.tree.ephemeralOwners()].filter(
      ({ session }) => !this.sessions.has(int64Key(session)),
    );
    for (const { session } of dead) this.tree.killSession(session, this.lastProcessedZxid);
  }

  #logDigest(zxid: Int64): void {
    this.#digestLog.push({ zxid, digest: this.tree.digest });
    if (this.#digestLog.length > DIGEST_LOG_LIMIT) this.#digestLog.shift();
  }
}
