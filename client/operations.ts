import type { Int64, JuteReader } from 'jute-ts';
import { CreateMode, isTtl } from '../protocol/create-mode.ts';
import type { ACL, ClientInfo } from '../protocol/generated/data.ts';
import * as proto from '../protocol/generated/proto.ts';
import { int64FromNumber } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import type { WatcherType } from '../protocol/watch-event.ts';
import { type NodeStat, toNodeStat } from './node-stat.ts';
import {
  encodeBareFrame,
  encodeFrame,
  type Request,
  type WatchRegistration,
  type WatchRemoval,
} from './request.ts';

/** The path of a request, as the caller gave it and as the server knows it. */
export type RequestPath = { readonly client: string; readonly server: string };

/** A node's data, which belongs to the caller, and its Stat. */
export type NodeData = { readonly data: Buffer | null; readonly stat: NodeStat };

/** What `create` and its kin put into a node. */
export type CreateFacts = {
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[];
  readonly mode: CreateMode;
  /** Only looked at for the TTL modes. */
  readonly ttlMs: number;
};

/** The answer is the server's path. */
export function create(path: RequestPath, facts: CreateFacts): Request<string> {
  return request('create', path, {
    frame: encodeCreate(path, facts, createOpCode(facts.mode, false)),
    // createContainer and createTTL answer like create2, which begins with the same field.
    decode: (r) => proto.readCreateResponse(r).path ?? '',
  });
}

/** A node that was created: its path, as the server knows it, and its Stat. */
export type CreatedNode = { readonly path: string; readonly stat: NodeStat };

export function createWithStat(path: RequestPath, facts: CreateFacts): Request<CreatedNode> {
  return request('create', path, {
    frame: encodeCreate(path, facts, createOpCode(facts.mode, true)),
    decode: (r) => {
      const response = proto.readCreate2Response(r);
      return { path: response.path ?? '', stat: toNodeStat(response.stat) };
    },
  });
}

/** The op code that creates a node of this mode. */
export function createOpCode(mode: CreateMode, withStat: boolean): OpCode {
  if (mode === CreateMode.CONTAINER) return OpCode.createContainer;
  if (isTtl(mode)) return OpCode.createTTL;
  return withStat ? OpCode.create2 : OpCode.create;
}

function encodeCreate(path: RequestPath, facts: CreateFacts, type: OpCode): Buffer {
  const record = { path: path.server, data: facts.data, acl: facts.acl, flags: facts.mode };
  if (type === OpCode.createTTL) {
    return encodeFrame(
      type,
      { ...record, ttl: int64FromNumber(facts.ttlMs) },
      { size: proto.sizeCreateTTLRequest, write: proto.writeCreateTTLRequest },
    );
  }
  return encodeFrame(type, record, {
    size: proto.sizeCreateRequest,
    write: proto.writeCreateRequest,
  });
}

export function deleteNode(path: RequestPath, version: number): Request<void> {
  return request('delete', path, {
    frame: encodeFrame(
      OpCode.delete,
      { path: path.server, version },
      { size: proto.sizeDeleteRequest, write: proto.writeDeleteRequest },
    ),
    decode: nothing,
  });
}

export function exists(path: RequestPath, watch: WatchRegistration | null): Request<NodeStat> {
  return request('exists', path, {
    frame: encodeRead(OpCode.exists, path, watch),
    decode: (r) => toNodeStat(proto.readExistsResponse(r).stat),
    watch,
  });
}

export function getData(path: RequestPath, watch: WatchRegistration | null): Request<NodeData> {
  return request('getData', path, {
    frame: encodeRead(OpCode.getData, path, watch),
    decode: decodeNodeData,
    watch,
  });
}

export function setData(
  path: RequestPath,
  facts: { readonly data: Uint8Array | null; readonly version: number },
): Request<NodeStat> {
  return request('setData', path, {
    frame: encodeFrame(
      OpCode.setData,
      { path: path.server, ...facts },
      { size: proto.sizeSetDataRequest, write: proto.writeSetDataRequest },
    ),
    decode: (r) => toNodeStat(proto.readSetDataResponse(r).stat),
  });
}

/** A node's ACL and Stat. */
export type NodeAcl = { readonly acl: readonly ACL[]; readonly stat: NodeStat };

export function getACL(path: RequestPath): Request<NodeAcl> {
  return request('getACL', path, {
    frame: encodeFrame(
      OpCode.getACL,
      { path: path.server },
      { size: proto.sizeGetACLRequest, write: proto.writeGetACLRequest },
    ),
    decode: (r) => {
      const response = proto.readGetACLResponse(r);
      return { acl: response.acl ?? [], stat: toNodeStat(response.stat) };
    },
  });
}

export function setACL(
  path: RequestPath,
  facts: { readonly acl: readonly ACL[]; readonly version: number },
): Request<NodeStat> {
  return request('setACL', path, {
    frame: encodeFrame(
      OpCode.setACL,
      { path: path.server, ...facts },
      { size: proto.sizeSetACLRequest, write: proto.writeSetACLRequest },
    ),
    decode: (r) => toNodeStat(proto.readSetACLResponse(r).stat),
  });
}

export function getChildren(
  path: RequestPath,
  watch: WatchRegistration | null,
): Request<readonly string[]> {
  return request('getChildren', path, {
    frame: encodeRead(OpCode.getChildren, path, watch),
    decode: decodeChildren,
    watch,
  });
}

/** The names of a node's children, in no order, and its Stat. */
export type NodeChildren = { readonly children: readonly string[]; readonly stat: NodeStat };

export function getChildrenWithStat(
  path: RequestPath,
  watch: WatchRegistration | null,
): Request<NodeChildren> {
  return request('getChildren', path, {
    frame: encodeRead(OpCode.getChildren2, path, watch),
    decode: (r) => {
      const response = proto.readGetChildren2Response(r);
      return { children: strings(response.children), stat: toNodeStat(response.stat) };
    },
    watch,
  });
}

export function sync(path: RequestPath): Request<void> {
  return request('sync', path, {
    frame: encodeFrame(
      OpCode.sync,
      { path: path.server },
      { size: proto.sizeSyncRequest, write: proto.writeSyncRequest },
    ),
    decode: nothing,
  });
}

/** The answers are the server's paths. */
export function getEphemerals(prefix: RequestPath): Request<readonly string[]> {
  return request('getEphemerals', prefix, {
    frame: encodeFrame(
      OpCode.getEphemerals,
      { prefixPath: prefix.server },
      { size: proto.sizeGetEphemeralsRequest, write: proto.writeGetEphemeralsRequest },
    ),
    decode: (r) => strings(proto.readGetEphemeralsResponse(r).ephemerals),
  });
}

export function getAllChildrenNumber(path: RequestPath): Request<number> {
  return request('getAllChildrenNumber', path, {
    frame: encodeFrame(
      OpCode.getAllChildrenNumber,
      { path: path.server },
      {
        size: proto.sizeGetAllChildrenNumberRequest,
        write: proto.writeGetAllChildrenNumberRequest,
      },
    ),
    decode: (r) => proto.readGetAllChildrenNumberResponse(r).totalNumber,
  });
}

export function whoAmI(): Request<readonly ClientInfo[]> {
  return request('whoAmI', null, {
    frame: encodeBareFrame(OpCode.whoAmI),
    decode: (r) => proto.readWhoAmIResponse(r).clientInfo ?? [],
  });
}

export function addWatch(
  path: RequestPath,
  facts: { readonly mode: number; readonly watch: WatchRegistration },
): Request<void> {
  return request('addWatch', path, {
    frame: encodeFrame(
      OpCode.addWatch,
      { path: path.server, mode: facts.mode },
      { size: proto.sizeAddWatchRequest, write: proto.writeAddWatchRequest },
    ),
    decode: nothing,
    watch: facts.watch,
  });
}

export function checkWatches(path: RequestPath, type: WatcherType): Request<void> {
  return request('checkWatches', path, {
    frame: encodeFrame(
      OpCode.checkWatches,
      { path: path.server, type },
      { size: proto.sizeCheckWatchesRequest, write: proto.writeCheckWatchesRequest },
    ),
    decode: nothing,
  });
}

/** `stillUsed`: others listen to the same watch, so that the server must keep it and is only asked whether it has it. */
export function removeWatches(
  path: RequestPath,
  facts: { readonly removal: WatchRemoval; readonly stillUsed: boolean },
): Request<void> {
  return request('removeWatches', path, {
    frame: encodeFrame(
      facts.stillUsed ? OpCode.checkWatches : OpCode.removeWatches,
      { path: path.server, type: facts.removal.type },
      { size: proto.sizeRemoveWatchesRequest, write: proto.writeRemoveWatchesRequest },
    ),
    decode: nothing,
    removal: facts.removal,
  });
}

/** A change of the ensemble's members: `joining` and `leaving`, or `newMembers`; null for what is not used. */
export type ReconfigFacts = {
  readonly joining: string | null;
  readonly leaving: string | null;
  readonly newMembers: string | null;
  /** The version of the config that the change is based on; −1 for whichever is in force. */
  readonly fromConfig: Int64;
};

export function reconfig(facts: ReconfigFacts): Request<NodeData> {
  const record = {
    joiningServers: facts.joining,
    leavingServers: facts.leaving,
    newMembers: facts.newMembers,
    curConfigId: facts.fromConfig,
  };
  return request('reconfig', null, {
    frame: encodeFrame(OpCode.reconfig, record, {
      size: proto.sizeReconfigRequest,
      write: proto.writeReconfigRequest,
    }),
    decode: decodeNodeData,
  });
}

export function auth(scheme: string, credentials: Uint8Array): Request<void> {
  return request('addAuth', null, {
    frame: encodeFrame(
      OpCode.auth,
      { type: 0, scheme, auth: credentials },
      { size: proto.sizeAuthPacket, write: proto.writeAuthPacket },
    ),
    decode: nothing,
  });
}

/** Copies the data out of the received chunk, which a view would keep in memory as a whole. */
export function decodeNodeData(r: JuteReader): NodeData {
  const { data, stat } = proto.readGetDataResponse(r);
  return { data: data === null ? null : Buffer.from(data), stat: toNodeStat(stat) };
}

export function decodeChildren(r: JuteReader): readonly string[] {
  return strings(proto.readGetChildrenResponse(r).children);
}

/** Completes a request with what most do not have. */
export function request<T>(
  operation: string,
  path: RequestPath | null,
  facts: Pick<Request<T>, 'frame' | 'decode'> & Partial<Pick<Request<T>, 'watch' | 'removal'>>,
): Request<T> {
  return { operation, path: path?.client ?? null, watch: null, removal: null, ...facts };
}

/** exists, getData, getChildren and getChildren2 have requests of one form. */
function encodeRead(type: OpCode, path: RequestPath, watch: WatchRegistration | null): Buffer {
  const record = { path: path.server, watch: watch !== null };
  return encodeFrame(type, record, {
    size: proto.sizeGetDataRequest,
    write: proto.writeGetDataRequest,
  });
}

/** No vector is an empty one here, and null names do not occur. */
function strings(vector: readonly (string | null)[] | null): readonly string[] {
  return (vector ?? []).map((item) => item ?? '');
}

function nothing(): void {}
