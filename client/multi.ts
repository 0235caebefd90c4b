import type { JuteReader, JuteWriter } from 'jute-ts';
import { CreateMode } from '../protocol/create-mode.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ACL } from '../protocol/generated/data.ts';
import * as proto from '../protocol/generated/proto.ts';
import { int64FromNumber } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../protocol/permission.ts';
import type { Chroot } from './chroot.ts';
import { type NodeStat, toNodeStat } from './node-stat.ts';
import {
  createOpCode,
  decodeChildren,
  decodeNodeData,
  type NodeData,
  request,
} from './operations.ts';
import { encodeFrame, type Request } from './request.ts';
import { ZkError } from './zk-error.ts';

/** One step of a multi: all of them happen, in this order and under one zxid, or none does. */
export type MultiOp =
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly data?: Uint8Array | null;
      readonly acl?: readonly ACL[];
      readonly mode?: CreateMode;
      readonly ttlMs?: number;
      /** Answer with the new node's Stat, too. Container and TTL nodes always do. */
      readonly withStat?: boolean;
    }
  | { readonly kind: 'delete'; readonly path: string; readonly version?: number }
  | {
      readonly kind: 'setData';
      readonly path: string;
      readonly data: Uint8Array | null;
      readonly version?: number;
    }
  /** Nothing but that the node is there, at this version unless it is −1. */
  | { readonly kind: 'check'; readonly path: string; readonly version?: number };

/** What a step of a multi did, at the place of the step. */
export type MultiResult =
  | { readonly kind: 'create'; readonly path: string; readonly stat: NodeStat | null }
  | { readonly kind: 'delete' }
  | { readonly kind: 'setData'; readonly stat: NodeStat }
  | { readonly kind: 'check' };

/** A multi that was refused: `code` and `path` are those of the step at `index`, the first that could not be done. */
export class MultiError extends ZkError {
  readonly index: number;
  /** One code per step, as the server sent them: 0 before `index`, RUNTIMEINCONSISTENCY behind it. */
  readonly codes: readonly number[];

  constructor(facts: {
    readonly index: number;
    readonly codes: readonly number[];
    readonly path: string | null;
  }) {
    const code = facts.codes[facts.index] ?? ErrorCode.SYSTEMERROR;
    super({ code, path: facts.path, operation: `multi, step ${facts.index}:` });
    this.index = facts.index;
    this.codes = facts.codes;
  }
}

/** One read of a multiRead. */
export type MultiReadOp = { readonly kind: 'getData' | 'getChildren'; readonly path: string };

/** What a read of a multiRead gave; each succeeds or fails by itself. */
export type MultiReadResult =
  | ({ readonly kind: 'getData' } & NodeData)
  | { readonly kind: 'getChildren'; readonly children: readonly string[] }
  | { readonly kind: 'error'; readonly error: ZkError };

/**
 * A multi. Its answer is a value even if the multi was refused: the reply's header says OK then, and the codes are in the
 * body.
 *
 *   multi = { MultiHeader(type, false, -1), record of that type }*, MultiHeader(-1, true, -1)
 */
export function multi(
  ops: readonly MultiOp[],
  chroot: Chroot,
): Request<readonly MultiResult[] | MultiError> {
  return request('multi', null, {
    frame: encodeOps(
      OpCode.multi,
      ops.map((op) => toWire(op, chroot)),
    ),
    decode: (r) => decodeResults(r, ops, chroot),
  });
}

export function multiRead(
  ops: readonly MultiReadOp[],
  chroot: Chroot,
): Request<readonly MultiReadResult[]> {
  return request('multiRead', null, {
    frame: encodeOps(
      OpCode.multiRead,
      ops.map((op) => readToWire(op, chroot)),
    ),
    decode: (r) => decodeReads(r, ops),
  });
}

type WireOp = {
  readonly type: number;
  readonly bytes: number;
  readonly write: (writer: JuteWriter) => void;
};

const MULTI_HEADER_BYTES = 9;
const END: proto.MultiHeader = { type: -1, done: true, err: -1 };

function encodeOps(
  type: typeof OpCode.multi | typeof OpCode.multiRead,
  ops: readonly WireOp[],
): Buffer {
  return encodeFrame(type, ops, {
    size: () =>
      ops.reduce((bytes, op) => bytes + MULTI_HEADER_BYTES + op.bytes, MULTI_HEADER_BYTES),
    write: (writer) => {
      for (const op of ops) {
        proto.writeMultiHeader(writer, { type: op.type, done: false, err: -1 });
        op.write(writer);
      }
      proto.writeMultiHeader(writer, END);
    },
  });
}

function toWire(op: MultiOp, chroot: Chroot): WireOp {
  const path = chroot.toServer(op.path);
  switch (op.kind) {
    case 'create':
      return createToWire(op, path);
    case 'delete': {
      const record = { path, version: op.version ?? -1 };
      return {
        type: OpCode.delete,
        bytes: proto.sizeDeleteRequest(record),
        write: (w) => proto.writeDeleteRequest(w, record),
      };
    }
    case 'setData': {
      const record = { path, data: op.data, version: op.version ?? -1 };
      return {
        type: OpCode.setData,
        bytes: proto.sizeSetDataRequest(record),
        write: (w) => proto.writeSetDataRequest(w, record),
      };
    }
    case 'check': {
      const record = { path, version: op.version ?? -1 };
      return {
        type: OpCode.check,
        bytes: proto.sizeCheckVersionRequest(record),
        write: (w) => proto.writeCheckVersionRequest(w, record),
      };
    }
  }
}

function createToWire(op: Extract<MultiOp, { kind: 'create' }>, path: string): WireOp {
  const flags = op.mode ?? CreateMode.PERSISTENT;
  const type = createOpCode(flags, op.withStat === true);
  const record = { path, data: op.data ?? null, acl: op.acl ?? OPEN_ACL_UNSAFE, flags };
  if (type === OpCode.createTTL) {
    const withTtl = { ...record, ttl: int64FromNumber(op.ttlMs ?? 0) };
    return {
      type,
      bytes: proto.sizeCreateTTLRequest(withTtl),
      write: (w) => proto.writeCreateTTLRequest(w, withTtl),
    };
  }
  return {
    type,
    bytes: proto.sizeCreateRequest(record),
    write: (w) => proto.writeCreateRequest(w, record),
  };
}

function readToWire(op: MultiReadOp, chroot: Chroot): WireOp {
  const record = { path: chroot.toServer(op.path), watch: false };
  return {
    type: op.kind === 'getData' ? OpCode.getData : OpCode.getChildren,
    bytes: proto.sizeGetDataRequest(record),
    write: (w) => proto.writeGetDataRequest(w, record),
  };
}

/** Either every result is of the kind of its step, or every result is an error. */
function decodeResults(
  r: JuteReader,
  ops: readonly MultiOp[],
  chroot: Chroot,
): readonly MultiResult[] | MultiError {
  const results: MultiResult[] = [];
  const codes: number[] = [];
  for (let header = proto.readMultiHeader(r); !header.done; header = proto.readMultiHeader(r)) {
    switch (header.type) {
      case OpCode.create:
        results.push({
          kind: 'create',
          path: chroot.toClient(proto.readCreateResponse(r).path ?? ''),
          stat: null,
        });
        break;
      case OpCode.create2: {
        const { path, stat } = proto.readCreate2Response(r);
        results.push({ kind: 'create', path: chroot.toClient(path ?? ''), stat: toNodeStat(stat) });
        break;
      }
      case OpCode.delete:
        results.push({ kind: 'delete' });
        break;
      case OpCode.setData:
        results.push({ kind: 'setData', stat: toNodeStat(proto.readSetDataResponse(r).stat) });
        break;
      case OpCode.check:
        results.push({ kind: 'check' });
        break;
      default:
        // The body of an error repeats the header's code.
        codes.push(proto.readErrorResponse(r).err);
        break;
    }
  }
  if (codes.length === 0) return results;
  const index = codes.findIndex((code) => code !== ErrorCode.OK);
  return new MultiError({ index, codes, path: ops[index]?.path ?? null });
}

function decodeReads(r: JuteReader, ops: readonly MultiReadOp[]): readonly MultiReadResult[] {
  const results: MultiReadResult[] = [];
  for (let header = proto.readMultiHeader(r); !header.done; header = proto.readMultiHeader(r)) {
    switch (header.type) {
      case OpCode.getData:
        results.push({ kind: 'getData', ...decodeNodeData(r) });
        break;
      case OpCode.getChildren:
        results.push({ kind: 'getChildren', children: decodeChildren(r) });
        break;
      default: {
        const op = ops[results.length];
        const code = proto.readErrorResponse(r).err;
        const error = new ZkError({
          code,
          path: op?.path ?? null,
          operation: op?.kind ?? 'multiRead',
        });
        results.push({ kind: 'error', error });
        break;
      }
    }
  }
  return results;
}
