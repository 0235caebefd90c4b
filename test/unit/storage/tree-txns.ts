import type { Int64 } from 'jute-ts';
import type { ACL } from '../../../protocol/generated/data.ts';
import { int64FromNumber } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import { DataTree } from '../../../storage/data-tree.ts';
import type { MultiOp, Txn, TxnOp } from '../../../storage/txn-codec.ts';

export const READ_ONLY: readonly ACL[] = [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }];

export function newTree(): DataTree {
  return new DataTree({
    digestEnabled: true,
    extendedTypesEnabled: true,
    emulate353TtlNodes: false,
  });
}

/** A txn with a header: zxid and time from the one number. */
export function txn(zxid: number, op: TxnOp, session: Int64 = { hi: 0x0100_0000, lo: 1 }): Txn {
  return {
    header: {
      clientId: session,
      cxid: 1,
      zxid: int64FromNumber(zxid),
      time: int64FromNumber(1_700_000_000_000 + zxid),
      type: op.type,
    },
    ...op,
  };
}

type CreateFields = {
  readonly data?: Uint8Array | null;
  readonly acl?: readonly ACL[] | null;
  readonly ephemeral?: boolean;
  readonly parentCVersion?: number;
};

export function create(path: string, fields: CreateFields = {}): MultiOp {
  return createAs(OpCode.create, path, fields);
}

export function create2(path: string, fields: CreateFields = {}): MultiOp {
  return createAs(OpCode.create2, path, fields);
}

function createAs(
  type: typeof OpCode.create | typeof OpCode.create2,
  path: string,
  fields: CreateFields,
): MultiOp {
  const { data = Buffer.alloc(0), acl = OPEN_ACL_UNSAFE } = fields;
  const { ephemeral = false, parentCVersion = -1 } = fields;
  return { type, body: { path, data, acl, ephemeral, parentCVersion } };
}

export function createContainer(path: string): MultiOp {
  const body = { path, data: Buffer.alloc(0), acl: OPEN_ACL_UNSAFE, parentCVersion: -1 };
  return { type: OpCode.createContainer, body };
}

export function createTtl(path: string, ttlMs: number): MultiOp {
  const ttl = int64FromNumber(ttlMs);
  const body = { path, data: Buffer.alloc(0), acl: OPEN_ACL_UNSAFE, parentCVersion: -1, ttl };
  return { type: OpCode.createTTL, body };
}

export function remove(path: string): MultiOp {
  return { type: OpCode.delete, body: { path } };
}

export function setData(path: string, data: Uint8Array | null, version = 1): MultiOp {
  return { type: OpCode.setData, body: { path, data, version } };
}

export function setAcl(path: string, acl: readonly ACL[] | null, version = 1): TxnOp {
  return { type: OpCode.setACL, body: { path, acl, version } };
}

export function error(err: number): MultiOp {
  return { type: OpCode.error, body: { err } };
}

export function multi(...ops: MultiOp[]): TxnOp {
  return { type: OpCode.multi, body: { ops } };
}

export function closeSession(paths2Delete: readonly string[] | null): TxnOp {
  return { type: OpCode.closeSession, body: paths2Delete === null ? null : { paths2Delete } };
}
