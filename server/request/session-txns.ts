import type { Int64 } from 'jute-ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { TxnOp } from '../../storage/txn-codec.ts';
import { removeNode } from './delete.ts';
import type { PrepareContext, WriteOrigin } from './prepare-context.ts';

/** createSession: the session is known to the tracker already; the transaction makes it last. */
export function prepareCreateSession(timeoutMs: number): TxnOp {
  return { type: OpCode.createSession, body: { timeOut: timeoutMs } };
}

/**
 * closeSession: which ephemeral nodes go is decided here, with what is under way, and written into the
 * transaction, so that every server removes the same (ZOOKEEPER-3145).
 */
export function prepareCloseSession(
  context: PrepareContext,
  session: Int64,
  origin: WriteOrigin,
): TxnOp {
  const paths = context.pending.ephemeralPaths(session);
  for (const path of paths) {
    const parent = context.pending.find(path.slice(0, path.lastIndexOf('/')));
    if (parent !== undefined) removeNode(context, parent, path, origin);
  }
  const body = context.options.closeSessionTxnEnabled ? { paths2Delete: paths } : null;
  return { type: OpCode.closeSession, body };
}
