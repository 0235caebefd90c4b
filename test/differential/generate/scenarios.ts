/** Short series of steps that random single requests would hardly ever bring together. */
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import type { Random } from '../random.ts';
import type { Request, Slot, Step } from '../step.ts';
import { data, path, ROOT } from './pools.ts';
import { request } from './requests.ts';

const QUOTA = '/zookeeper/quota';

/**
 * Sets, changes or removes a quota. Data of quota nodes is always well formed and never directly below
 * /zookeeper/quota: anything else ends Apache's server (StatsTrack and PathTrie throw while a txn is applied).
 */
export function quotaSteps(random: Random, slot: Slot): Step[] {
  const target = random.pick([ROOT, `${ROOT}/a`, `${ROOT}/a/b`, `${ROOT}/b`, '/x']);
  const limits = `${QUOTA}${target}/zookeeper_limits`;
  const stats = `${QUOTA}${target}/zookeeper_stats`;
  const steps = random.weighted<() => Request[]>([
    [
      60,
      () => {
        const parts = target.split('/').slice(1);
        const folders = parts.map((_, i) =>
          create(`${QUOTA}/${parts.slice(0, i + 1).join('/')}`, Buffer.alloc(0)),
        );
        return [
          ...folders,
          create(limits, limitsText(random)),
          create(stats, Buffer.from('count=0,bytes=0')),
        ];
      },
    ],
    [15, () => [set(limits, limitsText(random))]],
    [10, () => [remove(limits), remove(stats), remove(`${QUOTA}${target}`)]],
    [5, () => [remove(stats)]],
    [5, () => [create(stats, Buffer.from('count=7,bytes=7'))]],
    [15, () => [read(limits), read(stats)]],
  ])();
  return steps.map((made) => ({ kind: 'request', slot, request: made, pieces: 1 }));
}

function limitsText(random: Random): Buffer {
  const limit = (): number => random.pick([-1, 0, 1, 3, 5, 50, 10_000]);
  return Buffer.from(
    random.pick([
      `count=${limit()},bytes=${limit()}`,
      `count=${limit()},bytes=${limit()}=;byteHardLimit=${limit()};countHardLimit=${limit()}`,
      `count=-1,bytes=-1=;countHardLimit=${limit()}`,
      `count=-1,bytes=-1=;byteHardLimit=${limit()}`,
      `count=${limit()}`,
      '',
    ]),
  );
}

/** Two sessions watch the same few nodes in every way, then a third changes them. */
export function watchSteps(random: Random, slots: readonly Slot[]): Step[] {
  const target = path(random);
  const child = `${target === '/' ? '' : target}/${random.pick(['a', 'w'])}`;
  const [first, second, writer] = [random.pick(slots), random.pick(slots), random.pick(slots)];
  const watch = (slot: Slot): Step =>
    send(
      slot,
      random.pick<() => Request>([
        () =>
          request(OpCode.exists, {
            record: 'PathAndWatch',
            value: { path: random.pick([target, child]), watch: true },
          }),
        () =>
          request(OpCode.getData, { record: 'PathAndWatch', value: { path: target, watch: true } }),
        () =>
          request(OpCode.getChildren2, {
            record: 'PathAndWatch',
            value: { path: target, watch: true },
          }),
        () => request(OpCode.addWatch, { record: 'AddWatch', value: { path: target, mode: 0 } }),
        () =>
          request(OpCode.addWatch, {
            record: 'AddWatch',
            value: { path: random.pick([target, ROOT, '/']), mode: 1 },
          }),
      ])(),
    );
  const change = (): Step =>
    send(
      writer,
      random.pick<() => Request>([
        () => create(child, data(random)),
        () =>
          request(OpCode.create, {
            record: 'Create',
            value: { path: child, data: null, acl: OPEN_ACL_UNSAFE, flags: 1 },
          }),
        () => set(target, data(random)),
        () => set(child, data(random)),
        () => remove(child),
      ])(),
    );
  const unwatch = (slot: Slot): Step =>
    send(
      slot,
      request(random.pick([OpCode.removeWatches, OpCode.removeWatches, OpCode.checkWatches]), {
        record: 'CheckWatches',
        value: { path: random.pick([target, target, child, ROOT]), type: random.between(1, 5) },
      }),
    );
  const count = random.between(2, 4);
  return [
    ...Array.from({ length: count }, (_, i) => watch(i % 2 === 0 ? first : second)),
    ...Array.from({ length: random.between(0, 3) }, () => unwatch(random.pick([first, second]))),
    ...Array.from({ length: count }, change),
  ];
}

/** Far more bytes of replies to one write than a server holds for a connection before it stops reading from it. */
export function bulkySteps(random: Random, slot: Slot): Step[] {
  const target = path(random);
  const reads = Array.from({ length: random.between(30, 120) }, (): Request => {
    if (random.chance(10))
      return set(target, Buffer.alloc(random.between(60_000, 80_000), random.next() & 0xff));
    return random.chance(80)
      ? read(target)
      : request(OpCode.getChildren2, {
          record: 'PathAndWatch',
          value: { path: ROOT, watch: true },
        });
  });
  const large = set(target, Buffer.alloc(70_000, 0x62));
  return [{ kind: 'pipeline', slot, requests: [large, ...reads], pieces: 1 }];
}

/** Leaves a session with ephemerals and closes it, while others watch. */
export function ephemeralSteps(random: Random, slots: readonly Slot[]): Step[] {
  const owner = random.pick(slots);
  const parent = path(random);
  const prefix = `${parent === '/' ? '' : parent}/e`;
  const ephemeral = (flags: number): Step =>
    send(
      owner,
      request(OpCode.create2, {
        record: 'Create',
        value: { path: prefix, data: data(random), acl: OPEN_ACL_UNSAFE, flags },
      }),
    );
  return [
    ephemeral(1),
    ephemeral(3),
    send(
      random.pick(slots),
      request(OpCode.getChildren, { record: 'PathAndWatch', value: { path: parent, watch: true } }),
    ),
    send(
      random.pick(slots),
      request(OpCode.addWatch, {
        record: 'AddWatch',
        value: { path: parent, mode: random.pick([0, 1]) },
      }),
    ),
    send(
      owner,
      request(OpCode.getEphemerals, {
        record: 'Path',
        value: { path: random.pick(['/', parent, prefix]) },
      }),
    ),
    ...(random.chance(60) ? [send(owner, request(OpCode.closeSession, { record: 'none' }))] : []),
  ];
}

function send(slot: Slot, made: Request): Step {
  return { kind: 'request', slot, request: made, pieces: 1 };
}

function create(at: string, content: Buffer | null): Request {
  return request(OpCode.create, {
    record: 'Create',
    value: { path: at, data: content, acl: OPEN_ACL_UNSAFE, flags: 0 },
  });
}

function set(at: string, content: Buffer | null): Request {
  return request(OpCode.setData, {
    record: 'SetData',
    value: { path: at, data: content, version: -1 },
  });
}

function remove(at: string): Request {
  return request(OpCode.delete, { record: 'Delete', value: { path: at, version: -1 } });
}

function read(at: string): Request {
  return request(OpCode.getData, { record: 'PathAndWatch', value: { path: at, watch: false } });
}
