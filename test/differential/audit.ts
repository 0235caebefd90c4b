/** After the steps of a seed: everything that both servers hold is compared, and then taken away again. */
import { JuteReader } from 'jute-ts';
import {
  readGetACLResponse,
  readGetChildrenResponse,
  readGetDataResponse,
  readReplyHeader,
} from '../../protocol/generated/proto.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE, READ_ACL_UNSAFE } from '../../protocol/permission.ts';
import { fourLetterWord } from '../support/four-letter-word.ts';
import type { Plain } from './decode.ts';
import { LONG_TIMEOUT_MS, PLAIN_HANDSHAKE } from './generate/handshakes.ts';
import { ROOT, SUPER_AUTH } from './generate/pools.ts';
import { request } from './generate/requests.ts';
import { type Difference, type Lockstep, RESERVED_SLOTS } from './lockstep.ts';
import type { Request, Slot, Step } from './step.ts';

/** The connection of a superuser, open from the start to the end. */
const ADMIN: Slot = RESERVED_SLOTS;
/** The connection through which leftover sessions are closed. */
const JANITOR: Slot = RESERVED_SLOTS + 1;
const BUILT_IN: ReadonlySet<string> = new Set([
  '/',
  '/zookeeper',
  '/zookeeper/quota',
  '/zookeeper/config',
]);
const PIPELINE_LENGTH = 120;
/** A connection that was just cut goes on being counted until the server has looked at its socket. */
const SETTLE_MS = 3000;
const GAUGES = [
  'znode_count',
  'ephemerals_count',
  'watch_count',
  'global_sessions',
  'num_alive_connections',
];
/**
 * Both servers forget to count what the usage in quota nodes grows by. Apache's counts anew when it loads a snapshot, so
 * after a restart (of which each leaves a snapshot) the sizes depend on where the error was made.
 */
const GAUGES_BEFORE_RESTART = [...GAUGES, 'approximate_data_size'];

/** Needed anew after a restart of the servers; else it changes nothing. */
const BECOME_SUPER: Step = send(
  ADMIN,
  request(OpCode.auth, {
    record: 'Auth',
    value: { type: 0, scheme: 'digest', auth: Buffer.from(SUPER_AUTH) },
  }),
);

/** Opens the superuser's connection; its session is the first of a pair and stays open. */
export async function openAdmin(lockstep: Lockstep): Promise<Difference | undefined> {
  const handshake = { ...PLAIN_HANDSHAKE, timeOutMs: LONG_TIMEOUT_MS };
  const steps: Step[] = [{ kind: 'connect', slot: ADMIN, handshake, pieces: 1 }, BECOME_SUPER];
  return all(lockstep, steps);
}

/** Compares every node's data, Stat, ACL and children, every session's ephemerals and watches, and the gauges. */
export async function audit(
  lockstep: Lockstep,
  slots: readonly Slot[],
): Promise<Difference | undefined> {
  const open = slots.filter((slot) => lockstep.isOpen(slot));
  const probes = open.map(
    (slot): Step => ({ kind: 'pipeline', slot, requests: watchProbes(), pieces: 1 }),
  );
  return (
    (await all(lockstep, [...probes, BECOME_SUPER])) ??
    (await walk(lockstep)).difference ??
    (await compareGauges(lockstep))
  );
}

/**
 * Closes all sessions but the superuser's and deletes all nodes, so that the next seed finds both servers empty.
 * Undefined if they agreed until the end and are empty.
 */
export async function cleanUp(lockstep: Lockstep): Promise<Difference | undefined> {
  lockstep.forget();
  const refused = await all(lockstep, [BECOME_SUPER]);
  if (refused !== undefined) return refused;
  for (const index of lockstep.openSessions().slice(1)) {
    const handshake = {
      ...PLAIN_HANDSHAKE,
      session: { kind: 'number', index },
      password: 'right',
    } as const;
    const difference = await all(lockstep, [
      { kind: 'connect', slot: JANITOR, handshake, pieces: 1 },
      send(JANITOR, request(OpCode.closeSession, { record: 'none' })),
    ]);
    if (difference !== undefined) return difference;
  }
  const { nodes, difference } = await walk(lockstep);
  if (difference !== undefined) return difference;
  return (
    (await all(lockstep, pipelines([...deletions(nodes), ...resets(nodes)]))) ??
    compareGauges(lockstep)
  );
}

type Node = { readonly path: string; readonly data: Buffer | null; readonly acl: string };

/** Reads the whole tree level by level; the paths are those of server A. */
async function walk(
  lockstep: Lockstep,
): Promise<{ readonly nodes: readonly Node[]; readonly difference: Difference | undefined }> {
  const nodes: Node[] = [];
  let level = ['/'];
  while (level.length > 0) {
    const next: string[] = [];
    for (let at = 0; at < level.length; at += PIPELINE_LENGTH / 3) {
      const paths = level.slice(at, at + PIPELINE_LENGTH / 3);
      const difference = await lockstep.step({
        kind: 'pipeline',
        slot: ADMIN,
        requests: paths.flatMap(readings),
        pieces: 1,
      });
      if (difference !== undefined) return { nodes, difference };
      const frames = (lockstep.lastDrained[0].get(ADMIN)?.items ?? []).map((item) => item.frame);
      for (const [i, path] of paths.entries()) {
        const [children, data, acl] = [frames[3 * i], frames[3 * i + 1], frames[3 * i + 2]].map(
          bodyOf,
        );
        const names =
          children === undefined ? [] : (readGetChildrenResponse(children).children ?? []);
        next.push(...names.map((name) => `${path === '/' ? '' : path}/${name}`));
        const entries = acl === undefined ? null : readGetACLResponse(acl).acl;
        nodes.push({
          path,
          data: data === undefined ? null : (readGetDataResponse(data).data as Buffer | null),
          acl: JSON.stringify(entries),
        });
      }
    }
    level = next;
  }
  return { nodes, difference: undefined };
}

function readings(path: string): Request[] {
  return [
    request(OpCode.getChildren2, { record: 'PathAndWatch', value: { path, watch: false } }),
    request(OpCode.getData, { record: 'PathAndWatch', value: { path, watch: false } }),
    request(OpCode.getACL, { record: 'Path', value: { path } }),
  ];
}

/** The reader at the body of a reply, or undefined if there is none. */
function bodyOf(frame: Buffer | undefined): JuteReader | undefined {
  if (frame === undefined) return undefined;
  const r = new JuteReader().reset(frame);
  return readReplyHeader(r).err === 0 ? r : undefined;
}

function deletions(nodes: readonly Node[]): Request[] {
  return nodes
    .filter(({ path }) => !BUILT_IN.has(path))
    .map(({ path }) => request(OpCode.delete, { record: 'Delete', value: { path, version: -1 } }))
    .reverse();
}

/** What a seed may have done to the nodes that can't be deleted. */
function resets(nodes: readonly Node[]): Request[] {
  const out: Request[] = [];
  for (const { path, data, acl } of nodes) {
    if (!BUILT_IN.has(path)) continue;
    if (data === null || data.length > 0) {
      out.push(
        request(OpCode.setData, {
          record: 'SetData',
          value: { path, data: Buffer.alloc(0), version: -1 },
        }),
      );
    }
    const shipped = path === '/zookeeper/config' ? READ_ACL_UNSAFE : OPEN_ACL_UNSAFE;
    if (acl !== JSON.stringify(shipped)) {
      out.push(
        request(OpCode.setACL, { record: 'SetACL', value: { path, acl: shipped, version: -1 } }),
      );
    }
  }
  return out;
}

function watchProbes(): Request[] {
  const paths = [
    '/',
    ROOT,
    ...['a', 'b', 'c'].flatMap((x) => [`${ROOT}/${x}`, `${ROOT}/${x}/a`, `${ROOT}/a/${x}`]),
  ];
  const probes = paths.flatMap((path) =>
    [1, 2, 3, 4, 5].map((type) =>
      request(OpCode.checkWatches, { record: 'CheckWatches', value: { path, type } }),
    ),
  );
  return [...probes, request(OpCode.getEphemerals, { record: 'Path', value: { path: '/' } })];
}

/** Compares what the servers count, once both have noticed that connections are gone. */
async function compareGauges(lockstep: Lockstep): Promise<Difference | undefined> {
  const [a, b] = lockstep.sides;
  const names = lockstep.restarted ? GAUGES : GAUGES_BEFORE_RESTART;
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const [ofA, ofB] = [await gauges(a.address.port, names), await gauges(b.address.port, names)];
    if (JSON.stringify(ofA) === JSON.stringify(ofB)) return undefined;
    if (performance.now() > deadline) {
      return {
        slot: ADMIN,
        a: ofA,
        b: ofB,
        reason: 'mntr',
        step: { kind: 'stranger', bytes: Buffer.from('mntr') },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function gauges(port: number, names: readonly string[]): Promise<Plain> {
  const text = await fourLetterWord(port, 'mntr');
  const values = new Map(
    [...text.matchAll(/^zk_(\S+)\t(.*)$/gm)].map((match) => [match[1]!, match[2]!]),
  );
  return Object.fromEntries(names.map((name) => [name, values.get(name) ?? 'absent']));
}

async function all(lockstep: Lockstep, steps: readonly Step[]): Promise<Difference | undefined> {
  for (const step of steps) {
    const difference = await lockstep.step(step);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function pipelines(requests: readonly Request[]): Step[] {
  const out: Step[] = [];
  for (let at = 0; at < requests.length; at += PIPELINE_LENGTH) {
    out.push({
      kind: 'pipeline',
      slot: ADMIN,
      requests: requests.slice(at, at + PIPELINE_LENGTH),
      pieces: 1,
    });
  }
  return out;
}

function send(slot: Slot, made: Request): Step {
  return { kind: 'request', slot, request: made, pieces: 1 };
}
