import { ErrorCode } from '../../protocol/error-code.ts';
import { type ACL, writeACL } from '../../protocol/generated/data.ts';
import { Permission } from '../../protocol/permission.ts';
import type { ReadContext } from './read-context.ts';

/** getACL: who may administer the node sees it whole, who may only read it gets digests without their hash. */
export function getACL(read: ReadContext): ErrorCode {
  const node = read.readNode('GetACLRequest.path');
  if (node < 0) return ErrorCode.NONODE;
  if (!read.permits(node, Permission.READ | Permission.ADMIN)) return ErrorCode.NOAUTH;
  const acl = read.tree.acl(node);
  const shown = read.permits(node, Permission.ADMIN) ? acl : acl.map(withoutHash);
  read.writer.writeCount(shown.length);
  for (const entry of shown) writeACL(read.writer, entry);
  read.tree.writeStat(node, read.writer);
  return ErrorCode.OK;
}

function withoutHash(entry: ACL): ACL {
  const { scheme, id } = entry.id;
  if (scheme !== 'digest' || id === null) return entry;
  return { perms: entry.perms, id: { scheme, id: id.replace(/:.*/, ':x') } };
}
