export type SnapshotErrorCode =
  /** The file does not begin like a snapshot. */
  | 'NOT_A_SNAPSHOT'
  /** The file ends too early. */
  | 'TRUNCATED'
  /** A length or count that cannot be. */
  | 'BAD_LENGTH'
  /** The bytes are not those that were written. */
  | 'BAD_CHECKSUM'
  /** The parts do not fit together: a node without parent, an ACL that is not there, bytes behind the end. */
  | 'BAD_STRUCTURE'
  /** The compression is damaged. */
  | 'BAD_COMPRESSION';

export type SnapshotErrorFacts = {
  readonly code: SnapshotErrorCode;
  /** Path of the file, or what stands for it. */
  readonly file: string;
  /** Where the bad part begins, in the snapshot as it is without compression; null where it is about the whole. */
  readonly offset: number | null;
  /** What is wrong: what was expected, and what is there. */
  readonly problem: string;
  /** What whoever runs the server can do; by default what can be done about any damaged snapshot. */
  readonly remedy?: string;
  readonly cause?: unknown;
};

const REMEDY = 'use an older snapshot with the logs from there on, or a copy from another server';

/** Why a snapshot cannot be used, with the place and what can be done. */
export class SnapshotError extends Error {
  override readonly name: string = 'SnapshotError';
  readonly code: SnapshotErrorCode;
  readonly file: string;
  readonly offset: number | null;
  readonly problem: string;
  readonly remedy: string;

  constructor(facts: SnapshotErrorFacts) {
    const place = facts.offset === null ? facts.file : `${facts.file} at offset ${facts.offset}`;
    const remedy = facts.remedy ?? REMEDY;
    super(`${place}: ${facts.problem}; ${remedy}`, { cause: facts.cause });
    this.code = facts.code;
    this.file = facts.file;
    this.offset = facts.offset;
    this.problem = facts.problem;
    this.remedy = remedy;
  }
}
