/** What is around the preparation of writes, for tests of it: a tree, what is under way, and a log. */
import { type Int64, JuteWriter } from 'jute-ts';
import { ErrorCode, errorCodeName } from '../../../../protocol/error-code.ts';
import type { ACL, Id } from '../../../../protocol/generated/data.ts';
import { INT64_ZERO, int64FromNumber } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { Permission } from '../../../../protocol/permission.ts';
import { AccessControl } from '../../../../server/auth/access-control.ts';
import { DigestProvider } from '../../../../server/auth/digest-provider.ts';
import { IpProvider } from '../../../../server/auth/ip-provider.ts';
import { PendingChanges } from '../../../../server/request/pending-changes.ts';
import type { PrepareContext, PrepareOptions } from '../../../../server/request/prepare-context.ts';
import { Preparer } from '../../../../server/request/preparer.ts';
import { Request } from '../../../../server/request/request.ts';
import { Session } from '../../../../server/session/session-tracker.ts';
import { DataTree, type TxnResult } from '../../../../storage/data-tree.ts';
import { limitsPath, statsPath } from '../../../../storage/quota.ts';
import type { Txn, TxnOp } from '../../../../storage/txn-codec.ts';
import { SimLog } from '../../../sim/in-process-server.ts';
import type { Operation } from '../../../vectors/requests.ts';
import { create, txn } from '../../storage/tree-txns.ts';

/** Who asks. */
export type Asker = { readonly session: Session | null; readonly ids: readonly Id[] };

/** The zxid before the first that is prepared: what the tests make directly in the tree stays below. */
const FIRST_ZXID = 1000;

export const WALL_MS = 1_700_000_000_000;

/** May be read by everybody and changed by nobody. */
export const READ_ONLY_ACL: readonly ACL[] = [
  { perms: Permission.READ, id: { scheme: 'world', id: 'anyone' } },
];

export const CLIENT: Asker = {
  session: new Session({ hi: 0x0100_0000, lo: 1 }, 10_000),
  ids: [{ scheme: 'ip', id: '127.0.0.1' }],
};

/** A client whose session is going away. */
export const CLOSING_CLIENT: Asker = {
  session: Object.assign(new Session({ hi: 0x0100_0000, lo: 2 }, 10_000), { closing: true }),
  ids: CLIENT.ids,
};

export const OTHER_SESSION: Int64 = { hi: 0x0100_0000, lo: 3 };

export class PrepareFixture {
  readonly tree: DataTree;
  readonly pending: PendingChanges;
  readonly preparer: Preparer;
  readonly log: SimLog = new SimLog();
  /** Paths whose write a hard quota refused. */
  readonly quotaExceeded: string[] = [];
  readonly #waiting: Txn[] = [];
  #madeCount = 0;

  /** @param make called with the tree before anything is prepared */
  constructor(
    options: Partial<PrepareOptions> & { readonly digestEnabled?: boolean } = {},
    make: (fixture: PrepareFixture) => void = () => {},
  ) {
    const { digestEnabled = true, ...rest } = options;
    const prepareOptions: PrepareOptions = {
      extendedTypesEnabled: true,
      emulate353TtlNodes: false,
      enforceQuota: true,
      closeSessionTxnEnabled: true,
      reconfigEnabled: false,
      maxDataReplyBytes: 0xfffff,
      maxChildrenReplyBytes: 4 << 20,
      ...rest,
    };
    const { extendedTypesEnabled, emulate353TtlNodes } = prepareOptions;
    this.tree = new DataTree({ digestEnabled, extendedTypesEnabled, emulate353TtlNodes });
    make(this);
    this.pending = new PendingChanges(this.tree, digestEnabled);
    const context: PrepareContext = {
      options: prepareOptions,
      tree: this.tree,
      pending: this.pending,
      access: new AccessControl({ skipAcl: false }, [
        new IpProvider(),
        new DigestProvider({ superDigest: null, algorithm: 'SHA1' }),
      ]),
      log: this.log,
      onQuotaExceeded: (path) => this.quotaExceeded.push(path),
    };
    this.preparer = new Preparer(context, int64FromNumber(FIRST_ZXID), 0xfffff);
  }

  /** Does something to the tree directly, past all checks. */
  make(op: TxnOp, session: Int64 = CLIENT.session?.id ?? INT64_ZERO): void {
    this.#madeCount += 1;
    this.tree.apply(txn(this.#madeCount, op, session));
  }

  /** Makes a node whose creates so far are counted as `cversion`. */
  makeParent(path: string, cversion: number): void {
    this.make(create(path));
    this.make(create(`${path}/first`, { parentCVersion: cversion }));
  }

  /** Puts a quota on a path: limits and usage as their nodes have them. */
  makeQuota(path: string, limits: string, usage: string): void {
    const parts = path.split('/').slice(1);
    for (let i = 1; i <= parts.length; i += 1) {
      this.make(create(`/zookeeper/quota/${parts.slice(0, i).join('/')}`));
    }
    this.make(create(limitsPath(path), { data: Buffer.from(limits) }));
    this.make(create(statsPath(path), { data: Buffer.from(usage) }));
  }

  /** Prepares an operation; what it makes waits for `apply`. */
  prepare(operation: Operation, asker: Asker = CLIENT): Txn {
    const body = bytesOf(operation);
    return this.prepareBytes(operation.op, body, asker);
  }

  prepareBytes(op: number, body: Buffer, { session, ids }: Asker = CLIENT): Txn {
    const sessionId = session?.id ?? INT64_ZERO;
    const origin = { connection: null, session, sessionId, ids };
    const bytes = { buffer: body, start: 0, end: body.length };
    const request = new Request(origin, 1, op, bytes, 0);
    const { txn: prepared } = this.preparer.prepare(request, WALL_MS);
    this.#waiting.push(prepared);
    return prepared;
  }

  /** The name of the error with which an operation is refused, or OK. */
  verdict(operation: Operation, asker: Asker = CLIENT): string {
    return verdictOf(this.prepare(operation, asker));
  }

  /** Applies the oldest transactions that were prepared and not applied: all of them unless a count is given. */
  apply(count: number = this.#waiting.length): TxnResult[] {
    return this.#waiting.splice(0, count).map((each) => {
      const result = this.tree.apply(each);
      this.pending.applied(each.header.zxid);
      return result;
    });
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }
}

/** OK, or the name of the error that the transaction is. */
export function verdictOf(prepared: Txn): string {
  return errorCodeName(prepared.type === OpCode.error ? prepared.body.err : ErrorCode.OK);
}

/** The body of an operation's request. */
export function bytesOf({ write }: Operation): Buffer {
  const writer = new JuteWriter({
    grow: (current, used, needed) => {
      const grown = Buffer.alloc(2 * needed);
      current.copy(grown, 0, 0, used);
      return grown;
    },
  }).reset(Buffer.alloc(256));
  write(writer);
  return writer.buffer.subarray(0, writer.offset);
}
