/** Writes of every kind that a client may send, drawn at random; many of them are refused. */
import { OpCode } from '../../../../protocol/op-code.ts';
import type { Random } from '../../../differential/random.ts';
import {
  check,
  create,
  createTtl,
  multi,
  type Operation,
  remove,
  setAcl,
  setData,
} from '../../../vectors/requests.ts';
import { READ_ONLY_ACL } from './prepare-fixture.ts';

/** Where the writes are, so few that they often meet. */
export const PATHS: readonly string[] = [
  '/a',
  '/b',
  '/a/x',
  '/a/y',
  '/a/x/1',
  '/b/z',
  '/zookeeper/q',
  '/missing/child',
];

const { createContainer, create2 } = OpCode;

/** One write, a multi or a body that makes no sense. */
export function randomWrite(random: Random): Operation {
  const roll = random.below(100);
  if (roll < 20) {
    const parts = Array.from({ length: random.below(5) }, () => randomPart(random));
    return multi(OpCode.multi, parts);
  }
  if (roll < 23) return { op: random.pick([1, 2, 5, 7, 14]), write: (w) => w.writeInt(-5) };
  return randomSingle(random);
}

/** An operation that may be part of a multi. */
function randomPart(random: Random): Operation {
  for (;;) {
    if (random.chance(20)) return check(random.pick(PATHS), random.pick([-1, 0, 1]));
    const part = randomSingle(random);
    if (part.op !== OpCode.setACL) return part;
  }
}

function randomSingle(random: Random): Operation {
  const path = random.pick(PATHS);
  const data = random.pick([null, '', 'x', 'a longer piece of data']);
  const version = random.pick([-1, -1, 0, 1]);
  switch (random.below(8)) {
    case 0:
    case 1:
      return create(path, { data, flags: random.below(5), op: random.pick([1, create2]) });
    case 2:
      return create(path, { data, flags: random.below(5), op: createContainer });
    case 3:
      return createTtl(path, random.between(-1, 3), random.pick([0, 5, 5, 6]));
    case 4:
    case 5:
      return remove(path, version);
    case 6:
      return setData(path, data, version);
    default:
      return setAcl(path, random.chance(10) ? [] : READ_ONLY_ACL, version);
  }
}
