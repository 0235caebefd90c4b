export type RecoveryErrorCode =
  /** A data directory does not exist and may not be made. */
  | 'MISSING_DIRECTORY'
  /** Another server has it. */
  | 'DIRECTORY_IN_USE'
  /** Snapshots lie among the logs, or logs among the snapshots. */
  | 'MIXED_DIRECTORIES'
  /** There are logs, but neither do they begin with the first txn nor is there a snapshot from which they go on. */
  | 'NO_SNAPSHOT'
  /** There is a snapshot, which this version does not read, and the logs alone do not make up for it. */
  | 'SNAPSHOT_NEEDED'
  /** A log file does not begin like one. */
  | 'BAD_LOG_HEADER'
  /** Bytes of a log are not what was written, and acknowledged txns may be among them. */
  | 'DAMAGED_LOG'
  /** Txns are missing between one entry and the next. */
  | 'MISSING_TXNS'
  /** An entry is intact, but what is in it cannot be applied. */
  | 'BAD_TXN';

export type RecoveryErrorFacts = {
  readonly code: RecoveryErrorCode;
  /** Path of the file or directory that it is about. */
  readonly file: string;
  /** Position in the file; null where it is about the whole. */
  readonly offset: number | null;
  /** What is wrong: what was expected, and what is there. */
  readonly problem: string;
  /** What whoever runs the server can do about it. */
  readonly remedy: string;
  readonly cause?: unknown;
};

/**
 * Why a server does not start from its data. To go on regardless would be to lose, in silence, what has been
 * acknowledged; the message names the place and what can be done.
 */
export class RecoveryError extends Error {
  override readonly name: string = 'RecoveryError';
  readonly code: RecoveryErrorCode;
  readonly file: string;
  readonly offset: number | null;

  constructor(facts: RecoveryErrorFacts) {
    const place = facts.offset === null ? facts.file : `${facts.file} at offset ${facts.offset}`;
    super(`${place}: ${facts.problem}; ${facts.remedy}`, { cause: facts.cause });
    this.code = facts.code;
    this.file = facts.file;
    this.offset = facts.offset;
  }
}
