/** Finds a short series of steps that still makes the servers differ (delta debugging). */
import type { Failure, Runner } from './run-seed.ts';
import type { Request, Step } from './step.ts';

export type MinimiseOptions = {
  /** When to give up and return the shortest series so far. */
  readonly deadlineMs: number;
};

/**
 * Takes steps, then parts of steps, away as long as the failure stays of the same kind. Every attempt runs on
 * servers in an empty state.
 */
export async function minimise(
  runner: Runner,
  failure: Failure,
  options: MinimiseOptions,
): Promise<Failure> {
  const end = performance.now() + options.deadlineMs;
  const wanted = kindOf(failure);
  let best: Failure = { ...failure, steps: failure.steps.slice(0, failure.stepIndex + 1) };
  const attempt = async (steps: readonly Step[]): Promise<boolean> => {
    const found = await runner.runSteps(steps, failure.profile, failure.seed);
    if (found === undefined || kindOf(found) !== wanted) return false;
    best = { ...found, steps: found.steps.slice(0, found.stepIndex + 1) };
    return true;
  };
  const inTime = (): boolean => performance.now() < end;

  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && inTime(); ) {
    let reduced = false;
    // From the end: what is far before the failing step rarely matters, so big pieces go first.
    for (
      let at = Math.max(best.steps.length - 1 - size, 0);
      inTime();
      at = Math.max(at - size, 0)
    ) {
      const without = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
      if (without.length < best.steps.length && (await attempt(without))) reduced = true;
      if (at === 0) break;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!reduced) break;
  }
  for (let at = 0; at < best.steps.length && inTime(); at += 1) {
    for (let again = true; again && inTime(); ) {
      again = false;
      for (const simpler of simplerSteps(best.steps[at])) {
        if (!inTime()) break;
        const steps = best.steps.map((step, i) => (i === at ? simpler : step));
        if (await attempt(steps)) {
          again = true;
          break;
        }
      }
    }
  }
  return best;
}

/** Two failures are of a kind if they end in the same sort of disagreement. */
function kindOf({ difference, steps, stepIndex, profile }: Failure): string {
  const place = stepIndex === steps.length ? 'audit' : 'steps';
  return [profile.name, place, shape(difference.a), shape(difference.b)].join('|');
}

/** The error and the fields of an answer, without the values that change when steps are taken away. */
function shape(plain: unknown): string {
  if (typeof plain !== 'object' || plain === null) return String(plain);
  const fields = Object.entries(plain).map(([key, value]) =>
    key === 'err' ? `${key}=${String(value)}` : key,
  );
  return fields.join(',');
}

function* simplerSteps(step: Step | undefined): Generator<Step> {
  if (step === undefined) return;
  if ('pieces' in step && step.pieces !== 1) yield { ...step, pieces: 1 };
  if (step.kind === 'pipeline') {
    for (const i of step.requests.keys())
      yield { ...step, requests: step.requests.filter((_, k) => k !== i) };
    if (step.requests.length === 1)
      yield { kind: 'request', slot: step.slot, request: step.requests[0]!, pieces: 1 };
  }
  if (step.kind === 'request')
    for (const simpler of simplerRequests(step.request)) yield { ...step, request: simpler };
}

function* simplerRequests(request: Request): Generator<Request> {
  if (request.damage !== undefined) yield { ...request, damage: undefined };
  if (request.xid !== undefined) yield { ...request, xid: undefined };
  const { body } = request;
  if (body.record === 'Multi') {
    for (const i of body.ops.keys())
      yield { ...request, body: { ...body, ops: body.ops.filter((_, k) => k !== i) } };
  }
  if (body.record === 'SetWatches') {
    for (const [i, list] of body.lists.entries()) {
      if (list === null) continue;
      for (const k of list.keys()) {
        const shorter = list.filter((_, n) => n !== k);
        yield {
          ...request,
          body: { ...body, lists: body.lists.map((one, n) => (n === i ? shorter : one)) },
        };
      }
    }
  }
}
