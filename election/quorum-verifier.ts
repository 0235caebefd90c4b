import type { ServerId } from './server-id.ts';

/** Decides whether a set of servers may speak for the ensemble. */
export interface QuorumVerifier {
  /** The ids of the servers that vote. */
  readonly voters: ReadonlySet<ServerId>;
  /** Whether `acks` contains a quorum; ids that do not vote are ignored. */
  containsQuorum(acks: ReadonlySet<ServerId>): boolean;
}

/** More than half of the voters (QuorumMaj). An ensemble of one is a quorum by itself. */
export class MajorityVerifier implements QuorumVerifier {
  readonly voters: ReadonlySet<ServerId>;

  constructor(voters: Iterable<ServerId>) {
    this.voters = new Set(voters);
  }

  containsQuorum(acks: ReadonlySet<ServerId>): boolean {
    let count = 0;
    for (const id of acks) if (this.voters.has(id)) count += 1;
    return count * 2 > this.voters.size;
  }
}
