import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MajorityVerifier } from '../../../election/quorum-verifier.ts';
import { type ServerId, toServerId } from '../../../election/server-id.ts';

function ids(...numbers: number[]): Set<ServerId> {
  return new Set(numbers.map(toServerId));
}

const CASES: readonly {
  readonly voters: readonly number[];
  readonly acks: readonly number[];
  readonly quorum: boolean;
}[] = [
  { voters: [1], acks: [], quorum: false },
  { voters: [1], acks: [1], quorum: true },
  { voters: [1, 2], acks: [1], quorum: false },
  { voters: [1, 2], acks: [1, 2], quorum: true },
  { voters: [1, 2, 3], acks: [2], quorum: false },
  { voters: [1, 2, 3], acks: [2, 3], quorum: true },
  { voters: [1, 2, 3, 4], acks: [1, 2], quorum: false },
  { voters: [1, 2, 3, 4], acks: [1, 2, 4], quorum: true },
  { voters: [1, 2, 3, 4, 5], acks: [1, 5], quorum: false },
  { voters: [1, 2, 3, 4, 5], acks: [1, 3, 5], quorum: true },
  { voters: [1, 2, 3], acks: [4, 5, 6], quorum: false },
  { voters: [1, 2, 3], acks: [1, 4, 5], quorum: false },
  { voters: [1, 2, 3], acks: [1, 2, 4], quorum: true },
  { voters: [], acks: [1], quorum: false },
];

for (const { voters, acks, quorum } of CASES) {
  test(`[${acks}] of [${voters}] is ${quorum ? 'a' : 'no'} quorum`, () => {
    const verifier = new MajorityVerifier(ids(...voters));
    assert.equal(verifier.containsQuorum(ids(...acks)), quorum);
  });
}

test('a voter that is named twice votes once', () => {
  const verifier = new MajorityVerifier([1, 1, 2].map(toServerId));
  assert.deepEqual(verifier.voters, ids(1, 2));
  assert.equal(verifier.containsQuorum(ids(1)), false);
});
