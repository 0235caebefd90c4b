import type { JuteWriter } from 'jute-ts';
import type { ErrorCode } from '../../protocol/error-code.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { TxnResult } from '../../storage/data-tree.ts';
import { exists } from './exists.ts';
import { getACL } from './get-acl.ts';
import { getAllChildrenNumber, getChildren, getChildren2 } from './get-children.ts';
import { getData } from './get-data.ts';
import { getEphemerals } from './get-ephemerals.ts';
import { writeMultiResults } from './multi.ts';
import { multiRead } from './multi-read.ts';
import type { ReadContext } from './read-context.ts';
import { ping, sync } from './sync.ts';
import { addWatch, checkWatches, removeWatches, setWatches, setWatches2 } from './watches.ts';
import { whoAmI } from './who-am-i.ts';

/** Answered from the tree, in its session's turn. */
export type ReadOperation = {
  readonly kind: 'read';
  /** What `cons` shows as the last operation. */
  readonly shortName: string;
  /**
   * Whether the answer has a body. One without may send watch events, which go before it. With an error no
   * body is sent, but for a multiRead's, which is sent as far as it got.
   */
  readonly body: 'none' | 'unless error' | 'always';
  /** Carries the read out and writes the body. */
  readonly answer: (read: ReadContext) => ErrorCode;
};

/** Becomes a transaction; how it is prepared is the Preparer's. */
export type WriteOperation = {
  readonly kind: 'write';
  readonly shortName: string;
  /** Writes the answer's body after the transaction was applied. */
  readonly answer: (writer: JuteWriter, result: TxnResult) => void;
};

export type Operation = ReadOperation | WriteOperation;

function read(shortName: string, answer: ReadOperation['answer']): ReadOperation {
  return { kind: 'read', shortName, body: 'unless error', answer };
}

function readWithoutBody(shortName: string, answer: ReadOperation['answer']): ReadOperation {
  return { kind: 'read', shortName, body: 'none', answer };
}

function write(shortName: string, answer: WriteOperation['answer']): WriteOperation {
  return { kind: 'write', shortName, answer };
}

const path: WriteOperation['answer'] = (writer, result) => writer.writeString(result.path);
const stat: WriteOperation['answer'] = (writer, result) => {
  if (result.stat !== null) writer.writeBytes(result.stat);
};
const pathAndStat: WriteOperation['answer'] = (writer, result) => {
  path(writer, result);
  stat(writer, result);
};
const nothing: WriteOperation['answer'] = () => {};
const results: WriteOperation['answer'] = (writer, result) =>
  writeMultiResults(writer, result.multi ?? []);

/**
 * What a client may ask for. What is not here is answered UNIMPLEMENTED, and the connection is closed.
 *
 * deviates: Apache's server also takes createSession and deleteContainer from clients; the one confuses
 * the handshake, the other deletes without asking any ACL.
 */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [OpCode.create, write('CREA', path)],
  [OpCode.create2, write('CREA', pathAndStat)],
  [OpCode.createContainer, write('CREA', pathAndStat)],
  [OpCode.createTTL, write('CREA', pathAndStat)],
  [OpCode.delete, write('DELE', nothing)],
  [OpCode.setData, write('SETD', stat)],
  [OpCode.setACL, write('SETA', stat)],
  [OpCode.multi, write('MULT', results)],
  [OpCode.reconfig, write('RECO', nothing)],
  [OpCode.closeSession, write('CLOS', nothing)],
  [OpCode.exists, read('EXIS', exists)],
  [OpCode.getData, read('GETD', getData)],
  [OpCode.getACL, read('GETA', getACL)],
  [OpCode.getChildren, read('GETC', getChildren)],
  [OpCode.getChildren2, read('GETC', getChildren2)],
  [OpCode.getAllChildrenNumber, read('GETACN', getAllChildrenNumber)],
  [OpCode.getEphemerals, read('GETE', getEphemerals)],
  [OpCode.multiRead, { ...read('MLTR', multiRead), body: 'always' }],
  [OpCode.sync, read('SYNC', sync)],
  [OpCode.ping, readWithoutBody('PING', ping)],
  [OpCode.setWatches, readWithoutBody('SETW', setWatches)],
  [OpCode.setWatches2, readWithoutBody('STW2', setWatches2)],
  [OpCode.addWatch, read('ADDW', addWatch)],
  [OpCode.checkWatches, readWithoutBody('CHKW', checkWatches)],
  [OpCode.removeWatches, readWithoutBody('REMW', removeWatches)],
  [OpCode.whoAmI, read('HOMI', whoAmI)],
]);
