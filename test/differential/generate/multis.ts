/** Random multi and multiRead records. */
import { OpCode } from '../../../protocol/op-code.ts';
import type { Random } from '../random.ts';
import type { Body, MultiEnd, MultiOp, Profile } from '../step.ts';
import { acls, anyPath, badPath, data, depthOf, path, version } from './pools.ts';

const GOOD_END: MultiEnd = { kind: 'header', type: -1, err: -1 };

/** A write multi: mostly one that can succeed, often one that fails somewhere, sometimes one that may not be. */
export function multi(random: Random, profile: Profile): Body {
  return random.weighted<() => Body>([
    [44, () => record(random, ops(random, profile))],
    [40, () => record(random, dependentOps(random))],
    [3, () => record(random, [])],
    [7, () => record(random, withForeignOp(random, ops(random, profile)))],
    [2, () => multiRead(random)],
    [2, () => ({ record: 'Multi', ops: ops(random, profile), end: { kind: 'missing' } })],
    [
      2,
      () => ({
        record: 'Multi',
        ops: ops(random, profile),
        end: { kind: 'header', type: random.pick([0, 1, 99]), err: 0 },
      }),
    ],
  ])();
}

/** A read multi, sometimes with an op that does not belong there. */
export function multiRead(random: Random): Body {
  const reads = Array.from(
    {
      length: random.weighted([
        [5, 0],
        [30, 1],
        [40, 2],
        [25, 4],
      ]),
    },
    () => readOp(random),
  );
  if (random.chance(6)) reads.splice(random.below(reads.length + 1), 0, deleteOp(random));
  return record(random, reads);
}

function record(random: Random, list: readonly MultiOp[]): Body {
  // Nobody looks at `err` of a header on the way in; stock clients send -1.
  const odd = random.chance(4) ? list.map((op) => ({ ...op, err: random.pick([0, 5]) })) : list;
  return { record: 'Multi', ops: odd, end: GOOD_END };
}

function ops(random: Random, profile: Profile): MultiOp[] {
  const count = random.weighted([
    [25, 1],
    [35, 2],
    [20, 3],
    [10, 4],
    [6, 6],
    [2, 12],
  ]);
  return Array.from({ length: count }, () => writeOp(random, profile));
}

function writeOp(random: Random, profile: Profile): MultiOp {
  return random.weighted<() => MultiOp>([
    [36, () => createOp(random, random.pick([OpCode.create, OpCode.create, OpCode.create2]))],
    [4, () => createOp(random, OpCode.createContainer)],
    [profile.ttlEnabled ? 5 : 1, () => createTtlOp(random)],
    [16, () => deleteOp(random)],
    [
      20,
      () =>
        op(OpCode.setData, {
          record: 'SetData',
          value: { path: anyPath(random, 2), data: data(random), version: version(random) },
        }),
    ],
    [
      16,
      () =>
        op(OpCode.check, {
          record: 'Check',
          value: { path: anyPath(random, 2), version: version(random) },
        }),
    ],
  ])();
}

/** Ops that only make sense one after the other: what a multi is for. */
function dependentOps(random: Random): MultiOp[] {
  const target = path(random);
  const child = `${target === '/' ? '' : target}/${random.pick(['m', 'n'])}`;
  const create = (at: string, flags: number): MultiOp =>
    op(random.pick([OpCode.create, OpCode.create2]), {
      record: 'Create',
      value: { path: at, data: data(random), acl: acls(random, 1), flags },
    });
  const remove = (at: string, expected: number): MultiOp =>
    op(OpCode.delete, { record: 'Delete', value: { path: at, version: expected } });
  const set = (at: string, expected: number): MultiOp =>
    op(OpCode.setData, {
      record: 'SetData',
      value: { path: at, data: data(random), version: expected },
    });
  const check = (at: string, expected: number): MultiOp =>
    op(OpCode.check, { record: 'Check', value: { path: at, version: expected } });
  const made = random.pick<() => MultiOp[]>([
    () => [create(child, 0), remove(child, -1)],
    () => [create(child, random.pick([0, 1])), set(child, 0), check(child, 1), remove(child, 1)],
    () => [create(child, 0), create(`${child}/m`, 0), remove(`${child}/m`, 0), remove(child, 0)],
    () => [create(child, 1), create(`${child}/m`, 0)],
    () => [
      create(`${child}-`, 2),
      create(`${child}-`, 2),
      create(`${child}-`, 3),
      check(target, -1),
    ],
    () => [create(child, 0), create(child, 0)],
    () => [remove(child, -1), create(child, random.pick([0, 1]))],
    () => [set(target, -1), set(target, -1), check(target, random.between(0, 4))],
    () => [remove(child, -1), remove(child, -1)],
    () => [create(`${target}/`, 2), remove(target, -1)],
    () => [set(target, random.between(0, 2)), create(child, 0), create(`${child}/m`, 1)],
  ])();
  // Failing at the very end or in the middle undoes all that came before.
  if (random.chance(25))
    made.splice(random.below(made.length + 1), 0, check(path(random), random.between(3, 9)));
  return made;
}

/** An op that may not be in a multi, at any place: a read, setACL, sync, an unknown type. */
function withForeignOp(random: Random, list: MultiOp[]): MultiOp[] {
  const foreign = random.pick<() => MultiOp>([
    () => readOp(random),
    () =>
      op(OpCode.setACL, {
        record: 'SetACL',
        value: { path: path(random), acl: acls(random, 1), version: -1 },
      }),
    () => op(OpCode.sync, { record: 'Path', value: { path: path(random) } }),
    () =>
      op(OpCode.exists, { record: 'PathAndWatch', value: { path: path(random), watch: false } }),
    () => op(OpCode.multi, { record: 'Multi', ops: [], end: GOOD_END }),
    () =>
      op(random.pick([0, -1, 99, OpCode.deleteContainer, OpCode.closeSession]), { record: 'none' }),
    () => createOp(random, OpCode.create, random.pick([4, 5, 6, 7, -1])),
    () => createOp(random, OpCode.createContainer, random.pick([0, 1, 2, 5, 6, 7])),
    () =>
      op(OpCode.setData, {
        record: 'SetData',
        value: { path: badPath(random), data: null, version: -1 },
      }),
  ])();
  list.splice(random.below(list.length + 1), 0, foreign);
  return list;
}

function createOp(random: Random, type: number, givenFlags?: number): MultiOp {
  const usual =
    type === OpCode.createContainer
      ? 4
      : random.weighted([
          [55, 0],
          [25, 1],
          [14, 2],
          [6, 3],
        ]);
  const flags = givenFlags ?? usual;
  const target = anyPath(random, 3);
  const sequential = flags === 2 || flags === 3 || flags === 6;
  const at =
    sequential && target !== null && random.chance(70)
      ? `${target.slice(0, Math.max(target.lastIndexOf('/'), 0))}/s-`
      : target;
  return op(type, {
    record: 'Create',
    value: { path: at, data: data(random), acl: acls(random, depthOf(at)), flags },
  });
}

function createTtlOp(random: Random): MultiOp {
  // Flags that are no TTL mode turn the op into an ordinary create here, whatever the time to live.
  const flags = random.pick([5, 5, 6, 0, 1, 4, 7]);
  const ttl = random.pick([
    { hi: 0, lo: 3_600_000 },
    { hi: 0, lo: 0 },
    { hi: -1, lo: -1 },
    { hi: 0x7fffffff, lo: -1 },
  ]);
  const target = anyPath(random, 3);
  return op(OpCode.createTTL, {
    record: 'CreateTTL',
    value: { path: target, data: data(random), acl: acls(random, depthOf(target)), flags, ttl },
  });
}

function deleteOp(random: Random): MultiOp {
  return op(OpCode.delete, {
    record: 'Delete',
    value: { path: anyPath(random, 2), version: version(random) },
  });
}

function readOp(random: Random): MultiOp {
  return op(random.pick([OpCode.getData, OpCode.getChildren]), {
    record: 'PathAndWatch',
    value: { path: anyPath(random), watch: random.chance(20) },
  });
}

function op(type: number, body: Body): MultiOp {
  return { type, err: -1, body };
}
