import type { Int64 } from 'jute-ts';
import type { ACL } from '../../../protocol/generated/data.ts';
import { compareInt64, INT64_ZERO, int64Key } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import { contentCrc, DigestSum, isExcluded, nodeDigestOf } from '../../../storage/digest.ts';
import { CONTAINER_OWNER, ttlOwner } from '../../../storage/ephemeral-type.ts';
import type { MultiOp, Txn, TxnOp } from '../../../storage/txn-codec.ts';

export type ModelNode = {
  data: Buffer | null;
  acl: readonly ACL[];
  readonly children: string[];
  readonly czxid: Int64;
  mzxid: Int64;
  pzxid: Int64;
  readonly ctime: Int64;
  mtime: Int64;
  version: number;
  cversion: number;
  aversion: number;
  readonly ephemeralOwner: Int64;
};

/** The tree as one would write it down first: a Map of objects. Without quotas. */
export class ModelTree {
  readonly nodes: Map<string, ModelNode> = new Map();

  constructor() {
    const zero = { zxid: INT64_ZERO, time: INT64_ZERO };
    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      this.nodes.set(path, newNode(Buffer.alloc(0), OPEN_ACL_UNSAFE, INT64_ZERO, zero));
    }
    this.#node('/').children.push('zookeeper');
    this.#node('/zookeeper').children.push('quota', 'config');
    const config = this.#node('/zookeeper/config');
    config.acl = [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }];
    config.aversion = -1;
  }

  get digest(): Int64 {
    const sum = new DigestSum();
    for (const [path, node] of this.nodes) {
      if (!isExcluded(path)) sum.add(nodeDigestOf(contentCrc(path, node.data), node));
    }
    return sum.value;
  }

  get dataSize(): number {
    let size = 0;
    for (const [path, { data }] of this.nodes) size += path.length + (data?.length ?? 0);
    return size;
  }

  ephemeralPaths(session: Int64): string[] {
    const key = int64Key(session);
    return [...this.nodes]
      .filter(([, node]) => int64Key(node.ephemeralOwner) === key)
      .map(([path]) => path);
  }

  /** data:buffer and Stat, as getData answers. */
  getData(path: string): Buffer {
    const node = this.#node(path);
    const dataBytes = node.data?.length ?? 0;
    const out = Buffer.alloc(4 + dataBytes + 68);
    let at = out.writeInt32BE(node.data === null ? -1 : dataBytes, 0);
    if (node.data !== null) at += node.data.copy(out, at);
    const long = ({ hi, lo }: Int64): void => {
      at = out.writeInt32BE(hi, at);
      at = out.writeInt32BE(lo, at);
    };
    const int = (value: number): void => {
      at = out.writeInt32BE(value | 0, at);
    };
    for (const value of [node.czxid, node.mzxid, node.ctime, node.mtime]) long(value);
    int(node.version);
    int(node.cversion * 2 - node.children.length);
    int(node.aversion);
    long(node.ephemeralOwner.hi < 0 ? INT64_ZERO : node.ephemeralOwner);
    int(dataBytes);
    int(node.children.length);
    long(node.pzxid);
    return out;
  }

  apply(txn: Txn): void {
    const ops: readonly TxnOp[] = txn.type === OpCode.multi ? txn.body.ops : [txn];
    if (txn.type === OpCode.multi && ops.some((op) => op.type === OpCode.error)) return;
    for (const op of ops) this.#applyOp(txn, op);
  }

  #applyOp(txn: Txn, op: TxnOp): void {
    const { header } = txn;
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
        this.#create(txn, op, op.body.ephemeral ? header.clientId : INT64_ZERO);
        break;
      case OpCode.createContainer:
        this.#create(txn, op, CONTAINER_OWNER);
        break;
      case OpCode.createTTL:
        this.#create(txn, op, ttlOwner(op.body.ttl));
        break;
      case OpCode.delete:
        this.#delete(op.body.path ?? '', header.zxid);
        break;
      case OpCode.setData: {
        const node = this.nodes.get(op.body.path ?? '');
        if (node === undefined) break;
        node.data = op.body.data === null ? null : Buffer.from(op.body.data);
        node.mzxid = header.zxid;
        node.mtime = header.time;
        node.version = op.body.version;
        break;
      }
      case OpCode.setACL: {
        const node = this.nodes.get(op.body.path ?? '');
        if (node === undefined) break;
        node.acl = op.body.acl ?? OPEN_ACL_UNSAFE;
        node.aversion = op.body.version;
        break;
      }
      case OpCode.closeSession:
        for (const path of op.body?.paths2Delete ?? []) this.#delete(path ?? '', header.zxid);
        for (const path of this.ephemeralPaths(header.clientId)) this.#delete(path, header.zxid);
        break;
      default:
        break;
    }
  }

  #create(txn: Txn, op: MultiOp | TxnOp, owner: Int64): void {
    if (!('acl' in op.body!) || !('parentCVersion' in op.body)) throw new Error('not a create');
    const { acl, data, parentCVersion } = op.body;
    const path = op.body.path ?? '';
    const parent = this.nodes.get(parentOf(path));
    if (parent === undefined) return;
    const there = this.nodes.get(path);
    if (there !== undefined) there.acl = acl ?? OPEN_ACL_UNSAFE;
    if (there === undefined || op.type === OpCode.create) {
      const cversion = parentCVersion === -1 ? parent.cversion + 1 : parentCVersion;
      if (cversion > parent.cversion) {
        parent.cversion = cversion;
        parent.pzxid = txn.header.zxid;
      }
    }
    if (there !== undefined) return;
    parent.children.push(path.slice(path.lastIndexOf('/') + 1));
    const copy = data === null ? null : Buffer.from(data);
    this.nodes.set(path, newNode(copy, acl ?? OPEN_ACL_UNSAFE, owner, txn.header));
  }

  #delete(path: string, zxid: Int64): void {
    const parent = this.nodes.get(parentOf(path));
    if (parent === undefined) return;
    if (compareInt64(zxid, parent.pzxid) > 0) parent.pzxid = zxid;
    if (!this.nodes.has(path)) return;
    for (const below of [...this.nodes.keys()]) {
      if (below === path || below.startsWith(`${path}/`)) this.nodes.delete(below);
    }
    parent.children.splice(parent.children.indexOf(path.slice(path.lastIndexOf('/') + 1)), 1);
  }

  #node(path: string): ModelNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`no ${path}`);
    return node;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, slash);
}

function newNode(
  data: Buffer | null,
  acl: readonly ACL[],
  ephemeralOwner: Int64,
  { zxid, time }: { readonly zxid: Int64; readonly time: Int64 },
): ModelNode {
  return {
    data,
    acl,
    children: [],
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: time,
    mtime: time,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner,
  };
}
