import { checkQuota } from '../../storage/quota.ts';
import type { PrepareContext } from './prepare-context.ts';

/** Reply header, length of the data, Stat: what getData's answer has beside the data. */
const DATA_REPLY_OVERHEAD = 16 + 4 + 68;
/** Reply header and Stat: what getChildren2's answer has beside the list. */
const CHILDREN_REPLY_OVERHEAD = 16 + 68;

export function dataReplyBytes(dataBytes: number): number {
  return DATA_REPLY_OVERHEAD + dataBytes;
}

/** Whether a hard quota forbids adding this much below `path`. */
export function exceedsQuota(
  context: PrepareContext,
  path: string,
  added: { readonly bytes: number; readonly count: number },
): boolean {
  if (!context.options.enforceQuota) return false;
  const change = { path, bytesDiff: added.bytes, countDiff: added.count };
  const verdict = checkQuota(context.tree, change);
  if (verdict.kind === 'within') return false;
  context.log.warn({ path, ...verdict }, 'quota exceeded');
  if (verdict.kind === 'soft') return false;
  context.onQuotaExceeded(path);
  return true;
}

/**
 * Whether the node would become too large for its readers. Apache's server accepts the write, and the
 * node breaks every client that reads it later.
 */
export function withTooMuchData(
  context: PrepareContext,
  path: string,
  replyBytes: number,
): boolean {
  const limit = context.options.maxDataReplyBytes;
  if (replyBytes <= limit) return false;
  context.log.warn(
    { path, replyBytes, limit },
    'write refused: the answer to getData would be above jute.maxbuffer; raise it on servers and clients',
  );
  return true;
}

/** Whether the parent's child list would become too large for its readers. */
export function withTooManyChildren(
  context: PrepareContext,
  parentPath: string,
  childrenBytes: number,
): boolean {
  const replyBytes = CHILDREN_REPLY_OVERHEAD + childrenBytes;
  const limit = context.options.maxChildrenReplyBytes;
  if (replyBytes <= limit) return false;
  context.log.warn(
    { path: parentPath === '' ? '/' : parentPath, replyBytes, limit },
    'create refused: the answer to getChildren on this path would be above what clients accept; ' +
      'raise maxChildrenReplyBytes, and jute.maxbuffer of the clients',
  );
  return true;
}
