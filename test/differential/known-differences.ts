/**
 * Where Okapi means to answer otherwise than Apache ZooKeeper 3.9.5. Each entry is as narrow as it can be: what it does
 * not describe is a failure. An entry that never applies in a full run is reported, so that the table stays true.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { OpCode } from '../../protocol/op-code.ts';
import type { Step } from './step.ts';

/** What one server made of the request of a step. */
export type Answer = {
  /** The reply's error, or undefined if there was no reply. */
  readonly err: number | undefined;
  /** Whether the connection of the request was closed. */
  readonly closed: boolean;
  /** How many zxids the server handed out in the step. */
  readonly zxidCount: number;
};

export type KnownDifference = {
  readonly id: string;
  readonly reason: string;
  /** The heading in COMPATIBILITY.md under which users find it. */
  readonly section: string;
  /**
   * `zxids`: B used other zxids than A; everything else of the step must still be equal once they are accounted for.
   * `answer`: the connection of the step is not compared, and is given up on both sides afterwards.
   */
  readonly effect: 'zxids' | 'answer';
  applies(step: Step, a: Answer, b: Answer): boolean;
};

/** Writes whose body Apache's server decodes before it takes a zxid (multi: for some malformed bodies). */
const WRITES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.reconfig,
  OpCode.multi,
]);

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    id: 'malformed-write-takes-a-zxid',
    reason:
      'Apache logs the error transaction of a write whose body it cannot decode under the zxid of the transaction ' +
      'before it (PrepRequestProcessor.pRequestHelper), so that two transactions in its log have one zxid. Okapi takes a new one.',
    section: 'Malformed writes',
    effect: 'zxids',
    applies: (step, a, b) =>
      step.kind === 'request' &&
      WRITES.has(step.request.op) &&
      a.err === ErrorCode.MARSHALLINGERROR &&
      b.err === ErrorCode.MARSHALLINGERROR &&
      !a.closed &&
      !b.closed &&
      a.zxidCount === 0 &&
      b.zxidCount === 1,
  },
  {
    id: 'internal-operation-from-a-client',
    reason:
      'createSession and deleteContainer are made by servers for themselves. Apache takes them from clients as well: the ' +
      'first answers with a second handshake, the second deletes without asking any ACL. Okapi does not know them.',
    section: 'Internal operations',
    effect: 'answer',
    applies: (step, _a, b) =>
      step.kind === 'request' &&
      (step.request.op === OpCode.createSession || step.request.op === OpCode.deleteContainer) &&
      b.err === ErrorCode.UNIMPLEMENTED &&
      b.closed &&
      b.zxidCount === 0,
  },
];
