import { type Int64, JuteError, type JuteReader, type JuteWriter } from 'jute-ts';
import {
  type CheckVersionTxn,
  type CloseSessionTxn,
  type CreateContainerTxn,
  type CreateSessionTxn,
  type CreateTTLTxn,
  type CreateTxn,
  type DeleteTxn,
  type ErrorTxn,
  readCheckVersionTxn,
  readCloseSessionTxn,
  readCreateContainerTxn,
  readCreateSessionTxn,
  readCreateTTLTxn,
  readCreateTxn,
  readCreateTxnV0,
  readDeleteTxn,
  readErrorTxn,
  readSetACLTxn,
  readSetDataTxn,
  readTxnDigest,
  readTxnHeader,
  type SetACLTxn,
  type SetDataTxn,
  type TxnDigest,
  type TxnHeader,
  writeCheckVersionTxn,
  writeCloseSessionTxn,
  writeCreateContainerTxn,
  writeCreateSessionTxn,
  writeCreateTTLTxn,
  writeCreateTxn,
  writeDeleteTxn,
  writeErrorTxn,
  writeSetACLTxn,
  writeSetDataTxn,
  writeTxnHeader,
} from '../protocol/generated/txn.ts';
import { OpCode } from '../protocol/op-code.ts';
import { DIGEST_VERSION } from './digest.ts';

/** What may be part of a multi, in the log; a refused operation is there as an error. */
export type MultiOp =
  | { readonly type: typeof OpCode.create | typeof OpCode.create2; readonly body: CreateTxn }
  | { readonly type: typeof OpCode.createContainer; readonly body: CreateContainerTxn }
  | { readonly type: typeof OpCode.createTTL; readonly body: CreateTTLTxn }
  | {
      readonly type: typeof OpCode.delete | typeof OpCode.deleteContainer;
      readonly body: DeleteTxn;
    }
  | { readonly type: typeof OpCode.setData; readonly body: SetDataTxn }
  | { readonly type: typeof OpCode.check; readonly body: CheckVersionTxn }
  | { readonly type: typeof OpCode.error; readonly body: ErrorTxn };

/** What a transaction does, by its type. */
export type TxnOp =
  | MultiOp
  | { readonly type: typeof OpCode.reconfig; readonly body: SetDataTxn }
  | { readonly type: typeof OpCode.setACL; readonly body: SetACLTxn }
  | { readonly type: typeof OpCode.createSession; readonly body: CreateSessionTxn }
  | { readonly type: typeof OpCode.closeSession; readonly body: CloseSessionTxn | null }
  | { readonly type: typeof OpCode.multi; readonly body: { readonly ops: readonly MultiOp[] } };

/** A transaction. `type` equals `header.type`. */
export type Txn = { readonly header: TxnHeader } & TxnOp;

/** A transaction of a type that this server does not know: it can be neither skipped nor applied. */
export class UnsupportedTxnError extends Error {
  override readonly name: string = 'UnsupportedTxnError';
  readonly type: number;

  constructor(type: number, where: string) {
    super(`${where} of type ${type} is not known to this server`);
    this.type = type;
  }
}

/** A digest with its version byte-for-byte: int version, long digest. */
const DIGEST_BYTES = 12;

/**
 * Reads what a txn log entry and a proposal hold:
 *
 *   txn = TxnHeader, body?, TxnDigest?
 *
 * The parts that older servers leave out are known by the end of the bytes (SerializeUtils): the digest,
 * the body of closeSession (before 3.6), and parentCVersion of create (CreateTxnV0, before 3.4), which is
 * then −1. Buffers in the answer are views of the input.
 *
 * @throws JuteError if the bytes are malformed, UnsupportedTxnError
 */
export function decodeTxn(reader: JuteReader): { txn: Txn; digest: TxnDigest | null } {
  const header = readTxnHeader(reader);
  const txn = decodeBody(reader, header);
  const digest = reader.remaining >= DIGEST_BYTES ? readTxnDigest(reader) : null;
  return { txn, digest };
}

/** Writes the txn as `decodeTxn` reads it; `digest` is the tree's after the txn, null leaves it out. */
export function encodeTxn(writer: JuteWriter, txn: Txn, digest: Int64 | null): void {
  writeTxnHeader(writer, txn.header);
  switch (txn.type) {
    case OpCode.createSession:
      writeCreateSessionTxn(writer, txn.body);
      break;
    case OpCode.closeSession:
      if (txn.body !== null) writeCloseSessionTxn(writer, txn.body);
      break;
    case OpCode.reconfig:
      writeSetDataTxn(writer, txn.body);
      break;
    case OpCode.setACL:
      writeSetACLTxn(writer, txn.body);
      break;
    case OpCode.multi:
      encodeMulti(writer, txn.body.ops);
      break;
    default:
      encodeMultiOp(writer, txn);
  }
  if (digest !== null) {
    writer.writeInt(DIGEST_VERSION);
    writer.writeLong(digest);
  }
}

function decodeBody(reader: JuteReader, header: TxnHeader): Txn {
  const type = header.type;
  switch (type) {
    case OpCode.createSession:
      return { header, type, body: readCreateSessionTxn(reader) };
    case OpCode.closeSession:
      return { header, type, body: readCloseSession(reader) };
    case OpCode.create:
      return { header, type, body: readCreateOfAnyAge(reader) };
    case OpCode.reconfig:
      return { header, type, body: readSetDataTxn(reader) };
    case OpCode.setACL:
      return { header, type, body: readSetACLTxn(reader) };
    case OpCode.multi:
      return { header, type, body: { ops: readMulti(reader) } };
    default: {
      // A check changes nothing by itself, so that only a multi has one.
      const op = type === OpCode.check ? undefined : readMultiOp(reader, type);
      if (op === undefined) throw new UnsupportedTxnError(type, 'a transaction');
      return { header, ...op };
    }
  }
}

function readCreateOfAnyAge(reader: JuteReader): CreateTxn {
  const start = reader.offset;
  try {
    return readCreateTxn(reader);
  } catch (error) {
    if (!(error instanceof JuteError) || error.code !== 'UNEXPECTED_END') throw error;
    reader.offset = start;
    const { path, data, acl, ephemeral } = readCreateTxnV0(reader);
    return { path, data, acl, ephemeral, parentCVersion: -1 };
  }
}

/**
 * deviates: what follows the header may be a digest alone, from a server with
 * `closeSessionTxn.enabled=false`. Apache's reader takes its version, 2, for the count of paths; two paths
 * in these twelve bytes would both have to be empty, so that no list of paths looks like that.
 */
function readCloseSession(reader: JuteReader): CloseSessionTxn | null {
  if (reader.remaining < 4) return null;
  if (reader.remaining === DIGEST_BYTES) {
    const start = reader.offset;
    const version = reader.readInt();
    reader.offset = start;
    if (version === DIGEST_VERSION) return null;
  }
  return readCloseSessionTxn(reader);
}

/** MultiTxn = count:int {type:int length:int record}* */
function readMulti(reader: JuteReader): MultiOp[] {
  reader.field = 'MultiTxn.txns';
  const count = reader.readCount(8);
  const ops: MultiOp[] = [];
  for (let i = 0; i < count; i++) {
    reader.field = 'Txn.type';
    const type = reader.readInt();
    reader.field = 'Txn.data';
    const data = reader.readBuffer();
    const next = reader.offset;
    const end = reader.end;
    reader.offset = next - (data === null ? 0 : data.length);
    reader.end = next;
    const op = readMultiOp(reader, type);
    if (op === undefined) throw new UnsupportedTxnError(type, 'an operation of a multi');
    ops.push(op);
    reader.offset = next;
    reader.end = end;
  }
  return ops;
}

function readMultiOp(reader: JuteReader, type: number): MultiOp | undefined {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
      return { type, body: readCreateTxn(reader) };
    case OpCode.createContainer:
      return { type, body: readCreateContainerTxn(reader) };
    case OpCode.createTTL:
      return { type, body: readCreateTTLTxn(reader) };
    case OpCode.delete:
    case OpCode.deleteContainer:
      return { type, body: readDeleteTxn(reader) };
    case OpCode.setData:
      return { type, body: readSetDataTxn(reader) };
    case OpCode.check:
      return { type, body: readCheckVersionTxn(reader) };
    case OpCode.error:
      return { type, body: readErrorTxn(reader) };
    default:
      return undefined;
  }
}

function encodeMulti(writer: JuteWriter, ops: readonly MultiOp[]): void {
  writer.writeCount(ops.length);
  for (const op of ops) {
    writer.writeInt(op.type);
    writer.writeInt(0);
    const start = writer.offset;
    encodeMultiOp(writer, op);
    writer.buffer.writeInt32BE(writer.offset - start, start - 4);
  }
}

function encodeMultiOp(writer: JuteWriter, op: MultiOp): void {
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
      writeCreateTxn(writer, op.body);
      break;
    case OpCode.createContainer:
      writeCreateContainerTxn(writer, op.body);
      break;
    case OpCode.createTTL:
      writeCreateTTLTxn(writer, op.body);
      break;
    case OpCode.delete:
    case OpCode.deleteContainer:
      writeDeleteTxn(writer, op.body);
      break;
    case OpCode.setData:
      writeSetDataTxn(writer, op.body);
      break;
    case OpCode.check:
      writeCheckVersionTxn(writer, op.body);
      break;
    case OpCode.error:
      writeErrorTxn(writer, op.body);
      break;
  }
}
