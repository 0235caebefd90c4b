import type { Int64, JuteWriter } from 'jute-ts';
import { CreateMode } from '../../protocol/create-mode.ts';
import type { ACL } from '../../protocol/generated/data.ts';
import {
  type SetWatches2,
  writeAddWatchRequest,
  writeAuthPacket,
  writeCheckVersionRequest,
  writeCheckWatchesRequest,
  writeCreateRequest,
  writeCreateTTLRequest,
  writeDeleteRequest,
  writeGetDataRequest,
  writeMultiHeader,
  writeSetACLRequest,
  writeSetDataRequest,
  writeSetWatches,
  writeSetWatches2,
  writeSyncRequest,
} from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../protocol/permission.ts';

/** An operation with its body, to be sent alone or as a part of a multi. */
export type Operation = { readonly op: number; readonly write: (w: JuteWriter) => void };

export type CreateOptions = {
  readonly op?: number;
  readonly data?: string | null;
  readonly acl?: readonly ACL[] | null;
  readonly flags?: number;
};

/** create, or what `op` says: create2, createContainer. */
export function create(path: string | null, options: CreateOptions = {}): Operation {
  const { op = OpCode.create, data = 'x', acl = OPEN_ACL_UNSAFE, flags = 0 } = options;
  const record = { path, data: bytes(data), acl, flags };
  return { op, write: (w) => writeCreateRequest(w, record) };
}

export function createTtl(
  path: string,
  ttlMs: number,
  flags: number = CreateMode.PERSISTENT_WITH_TTL,
): Operation {
  const record = {
    path,
    data: bytes('ttl'),
    acl: OPEN_ACL_UNSAFE,
    flags,
    ttl: { hi: 0, lo: ttlMs },
  };
  return { op: OpCode.createTTL, write: (w) => writeCreateTTLRequest(w, record) };
}

export function remove(path: string, version: number = -1): Operation {
  return { op: OpCode.delete, write: (w) => writeDeleteRequest(w, { path, version }) };
}

export function setData(path: string, data: string | null, version: number = -1): Operation {
  const record = { path, data: bytes(data), version };
  return { op: OpCode.setData, write: (w) => writeSetDataRequest(w, record) };
}

export function setAcl(path: string, acl: readonly ACL[] | null, version: number = -1): Operation {
  return { op: OpCode.setACL, write: (w) => writeSetACLRequest(w, { path, acl, version }) };
}

export function check(path: string, version: number): Operation {
  return { op: OpCode.check, write: (w) => writeCheckVersionRequest(w, { path, version }) };
}

/** exists, getData, getChildren, getChildren2: all of them a path and whether to watch. */
export function read(op: number, path: string, watch: boolean = false): Operation {
  return { op, write: (w) => writeGetDataRequest(w, { path, watch }) };
}

/** Operations whose body is a path: getACL, sync, getEphemerals, getAllChildrenNumber, deleteContainer. */
export function onPath(op: number, path: string | null): Operation {
  return { op, write: (w) => writeSyncRequest(w, { path }) };
}

export function addWatch(path: string, mode: number): Operation {
  return { op: OpCode.addWatch, write: (w) => writeAddWatchRequest(w, { path, mode }) };
}

/** checkWatches and removeWatches. */
export function onWatches(op: number, path: string, type: number): Operation {
  return { op, write: (w) => writeCheckWatchesRequest(w, { path, type }) };
}

export function auth(scheme: string, text: string): Operation {
  const record = { type: 0, scheme, auth: Buffer.from(text) };
  return { op: OpCode.auth, write: (w) => writeAuthPacket(w, record) };
}

/** setWatches, which has no persistent ones. */
export function setWatches(relativeZxid: Int64, watches: Partial<SetWatches2>): Operation {
  const record = { ...NO_WATCHES, ...watches, relativeZxid };
  return { op: OpCode.setWatches, write: (w) => writeSetWatches(w, record) };
}

export function setWatches2(relativeZxid: Int64, watches: Partial<SetWatches2>): Operation {
  const record = { ...NO_WATCHES, ...watches, relativeZxid };
  return { op: OpCode.setWatches2, write: (w) => writeSetWatches2(w, record) };
}

/** multi or multiRead. */
export function multi(op: number, parts: readonly Operation[]): Operation {
  return {
    op,
    write: (w) => {
      for (const part of parts) {
        writeMultiHeader(w, { type: part.op, done: false, err: -1 });
        part.write(w);
      }
      writeMultiHeader(w, { type: -1, done: true, err: -1 });
    },
  };
}

const NO_WATCHES = {
  dataWatches: [],
  existWatches: [],
  childWatches: [],
  persistentWatches: [],
  persistentRecursiveWatches: [],
} as const;

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}
