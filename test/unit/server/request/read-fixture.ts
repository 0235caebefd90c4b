/** What is around the answering of reads, for tests of it: a tree, its watches, and who asks. */
import { type Int64, JuteReader, JuteWriter } from 'jute-ts';
import { ErrorCode, errorCodeName } from '../../../../protocol/error-code.ts';
import type { ACL, Id } from '../../../../protocol/generated/data.ts';
import { type EventType, WatcherType } from '../../../../protocol/watch-event.ts';
import { AccessControl } from '../../../../server/auth/access-control.ts';
import { DigestProvider } from '../../../../server/auth/digest-provider.ts';
import { IpProvider } from '../../../../server/auth/ip-provider.ts';
import { isMalformed } from '../../../../server/request/preparer.ts';
import { ReadContext } from '../../../../server/request/read-context.ts';
import { OPERATIONS } from '../../../../server/request/table.ts';
import { Session } from '../../../../server/session/session-tracker.ts';
import { type Watcher, WatchManager } from '../../../../server/watch/watch-manager.ts';
import type { DataTree } from '../../../../storage/data-tree.ts';
import type { TxnOp } from '../../../../storage/txn-codec.ts';
import type { Operation } from '../../../vectors/requests.ts';
import { newTree, txn } from '../../storage/tree-txns.ts';
import { bytesOf } from './prepare-fixture.ts';

export const SESSION: Session = new Session({ hi: 0x0100_0000, lo: 1 }, 10_000);

/** Nobody may read it. */
export const WRITE_ONLY_ACL: readonly ACL[] = [{ perms: 2, id: { scheme: 'world', id: 'anyone' } }];

/** What came of a read: the name of its error, and the body with a reader at its start. */
export type Answer = { readonly verdict: string; readonly body: JuteReader };

export class ReadFixture implements Watcher {
  readonly tree: DataTree = newTree();
  readonly watches: WatchManager = new WatchManager({ onTriggered: () => {} });
  readonly events: string[] = [];
  ids: readonly Id[] = [{ scheme: 'ip', id: '127.0.0.1' }];
  readonly #read: ReadContext;
  #madeCount = 0;

  constructor(make: readonly TxnOp[] = []) {
    const access = new AccessControl({ skipAcl: false }, [
      new IpProvider(),
      new DigestProvider({ superDigest: null, algorithm: 'SHA1' }),
    ]);
    this.#read = new ReadContext(this.tree, this.watches, access, { maxBufferBytes: 0xfffff });
    this.tree.observer = this.watches;
    for (const op of make) this.make(op);
  }

  make(op: TxnOp, session: Int64 = SESSION.id): void {
    this.#madeCount += 1;
    this.tree.apply(txn(this.#madeCount, op, session));
  }

  answer(operation: Operation): Answer {
    return this.answerBytes(operation.op, bytesOf(operation));
  }

  answerBytes(op: number, request: Buffer): Answer {
    const operation = OPERATIONS.get(op);
    if (operation?.kind !== 'read') throw new Error(`operation ${op} does not read`);
    const writer = new JuteWriter().reset(Buffer.alloc(4096));
    const read = this.#read;
    // The request is somewhere in a larger buffer, as it is when it comes from a connection.
    const bytes = Buffer.concat([Buffer.alloc(3, 0xee), request, Buffer.alloc(3, 0xee)]);
    read.reader.reset(bytes, 3, 3 + request.length);
    read.writer = writer;
    read.watcher = this;
    read.ids = this.ids;
    read.session = SESSION;
    let err: ErrorCode;
    try {
      err = operation.answer(read);
    } catch (error) {
      if (!isMalformed(error)) throw error;
      err = ErrorCode.MARSHALLINGERROR;
    }
    const body = new JuteReader().reset(writer.buffer, 0, writer.offset);
    return { verdict: errorCodeName(err), body };
  }

  /** The tables in which there is a one-shot watch on the path. */
  watched(path: string): string[] {
    return [
      ...(this.watches.contains(path, WatcherType.Data, this) ? ['data'] : []),
      ...(this.watches.contains(path, WatcherType.Children, this) ? ['children'] : []),
    ];
  }

  onWatchEvent(type: EventType, path: string): void {
    this.events.push(`${type} ${path}`);
  }
}
