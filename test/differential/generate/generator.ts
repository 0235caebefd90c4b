/** Seed to steps: deterministic and pure. */
import { CreateMode } from '../../../protocol/create-mode.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import { Random } from '../random.ts';
import type { AclList, Profile, Request, Slot, Step } from '../step.ts';
import { garbageBytes, handshake, PLAIN_HANDSHAKE, strangerBytes } from './handshakes.ts';
import {
  authPacket,
  closingRequest,
  damagedRequest,
  internalRequest,
  largeRequest,
  rawStringRequest,
} from './odd-requests.ts';
import { ROOT } from './pools.ts';
import { anyRequest, request, setAcl } from './requests.ts';
import { bulkySteps, ephemeralSteps, quotaSteps, watchSteps } from './scenarios.ts';

/** How many sessions a run plays with at the same time. */
export const SLOTS: readonly Slot[] = [0, 1, 2, 3];

export type GeneratorOptions = {
  readonly seed: number;
  readonly stepCount: number;
  readonly profile: Profile;
};

/** The steps of a seed. The first `n` steps are the same for every `stepCount` of at least `n`. */
export function generate(options: GeneratorOptions): Step[] {
  const random = new Random(options.seed);
  // Quotas are checked against what is applied, not against what is pending (ZooKeeperServer.checkQuota): behind
  // another write in a pipeline the answer of Apache's server is a race. So a seed has the one or the other.
  const quotas = random.chance(40);
  const context: Context = {
    profile: options.profile,
    quotas,
    pipelines: !(quotas && options.profile.quotaEnforced),
  };
  const steps: Step[] = opening();
  while (steps.length < options.stepCount) steps.push(...nextSteps(random, context));
  return steps.slice(0, options.stepCount);
}

/** Three sessions and a few nodes to start with. */
function opening(): Step[] {
  const node = (path: string): Step => ({
    kind: 'request',
    slot: 0,
    request: request(OpCode.create, {
      record: 'Create',
      value: { path, data: null, acl: OPEN_ACL_UNSAFE, flags: 0 },
    }),
    pieces: 1,
  });
  return [
    ...[0, 1, 2].map(
      (slot): Step => ({ kind: 'connect', slot, handshake: PLAIN_HANDSHAKE, pieces: 1 }),
    ),
    ...[ROOT, `${ROOT}/a`, `${ROOT}/b`, `${ROOT}/a/a`].map(node),
  ];
}

type Context = { readonly profile: Profile; readonly quotas: boolean; readonly pipelines: boolean };

function nextSteps(random: Random, { profile, quotas, pipelines }: Context): Step[] {
  const slot = random.pick(SLOTS);
  const pieces = random.weighted([
    [94, 1],
    [3, 2],
    [2, 5],
    [1, 1000],
  ]);
  const send = (made: Request): Step[] => [{ kind: 'request', slot, request: made, pieces }];
  return random.weighted<() => Step[]>([
    [100, () => send(anyRequest(random, profile))],
    [5, () => send(damagedRequest(random, profile))],
    [4, () => send(authPacket(random))],
    [1.5, () => send(rawStringRequest(random))],
    [0.3, () => send(largeRequest(random))],
    [0.3, () => send(internalRequest(random))],
    [2, () => send(closingRequest(random))],
    [1.5, () => send(request(OpCode.closeSession, { record: 'none' }))],
    [
      pipelines ? 6 : 0,
      () => [{ kind: 'pipeline', slot, requests: pipeline(random, profile), pieces }],
    ],
    [2.5, () => [connectStep(random, { profile, quotas, pipelines }, { slot, pieces })]],
    [1.5, () => [{ kind: 'disconnect', slot, how: random.pick(['fin', 'rst']) }]],
    [0.7, () => [{ kind: 'garbage', slot, ...garbageBytes(random) }]],
    [0.7, () => [{ kind: 'stranger', bytes: strangerBytes(random) }]],
    [quotas ? 5 : 0, () => quotaSteps(random, slot)],
    [1.5, () => watchSteps(random, SLOTS)],
    [1, () => ephemeralSteps(random, SLOTS)],
    [
      pipelines ? 0.15 : 0,
      () => [{ kind: 'pipeline', slot, requests: longPipeline(random, profile), pieces }],
    ],
    [pipelines ? 0.1 : 0, () => bulkySteps(random, slot)],
    [0.04, () => [{ kind: 'restart', slot, signal: random.pick(['SIGTERM', 'SIGKILL']) }]],
    [profile.shortTimeoutsAreSafe ? 0 : 0.25, () => [{ kind: 'expire', slot }]],
  ])();
}

/**
 * Bytes that arrive behind a refused handshake make a reset of the server's close; what was still to be written then fails,
 * and takes the answer with it. So what has requests behind it goes out in one piece.
 */
function connectStep(
  random: Random,
  { profile, pipelines }: Context,
  { slot, pieces }: { readonly slot: Slot; readonly pieces: number },
): Step {
  const behind = pipelines && random.chance(20) ? pipeline(random, profile) : [];
  const request = { ...handshake(random, profile, SLOTS), behind };
  return { kind: 'connect', slot, handshake: request, pieces: behind.length > 0 ? 1 : pieces };
}

/**
 * Requests that go out in one write. What Apache's server answers ahead of the pipeline or in a race is not among them:
 * auth packets (except as the first), what closes the connection (except closeSession as the last), malformed writes,
 * setACL (except as the last: its pending change does not carry the new ACL, so that a write behind it is checked
 * against the old one or the new one), what breaks off half way (see `breaksOff`), and containers with
 * the flags of ephemerals (see `makesEphemeralContainer`).
 */
function pipeline(random: Random, profile: Profile): Request[] {
  const requests = Array.from({ length: random.between(2, 12) }, () => anyRequest(random, profile));
  const fit = requests.filter(
    (made) => made.op !== OpCode.setACL && !breaksOff(made) && !makesEphemeralContainer(made),
  );
  if (random.chance(10)) fit.push(setAcl(random));
  if (random.chance(15)) fit.unshift(authPacket(random));
  if (random.chance(6)) fit.push(request(OpCode.closeSession, { record: 'none' }));
  return fit;
}

/** More than a server takes from a socket at a time, and more than one group commit. */
function longPipeline(random: Random, profile: Profile): Request[] {
  return Array.from({ length: 15 }, () => pipeline(random, profile)).flatMap((requests) =>
    requests.filter(
      ({ op }) => op !== OpCode.auth && op !== OpCode.closeSession && op !== OpCode.setACL,
    ),
  );
}

/**
 * A multi that Apache's server gives up half way, because of a null that its code does not expect. The changes of the ops
 * before it stay pending until the error transaction is applied: whatever is prepared in the meantime sees them.
 */
function breaksOff({ op, body }: Request): boolean {
  return (
    op === OpCode.multi &&
    body.record === 'Multi' &&
    body.ops.some(
      ({ body: of }) =>
        (of.record === 'Create' || of.record === 'CreateTTL') && hasNull(of.value.acl),
    )
  );
}

/**
 * createContainer with the flags of an ephemeral makes a container, but until that is applied Apache's server takes it for an
 * ephemeral: closeSession deletes it, and it may not have children.
 */
function makesEphemeralContainer({ op, body }: Pick<Request, 'op' | 'body'>): boolean {
  if (body.record === 'Multi') {
    return body.ops.some((one) => makesEphemeralContainer({ op: one.type, body: one.body }));
  }
  return (
    op === OpCode.createContainer &&
    body.record === 'Create' &&
    (body.value.flags === CreateMode.EPHEMERAL ||
      body.value.flags === CreateMode.EPHEMERAL_SEQUENTIAL)
  );
}

function hasNull(acl: AclList): boolean {
  return acl === null || acl.some(({ id }) => id.id === null || id.scheme === null);
}
