/** Runs seeds on pairs of servers; a pair is used again as long as both servers are in the same, empty state. */
import { audit, cleanUp, openAdmin } from './audit.ts';
import { generate, SLOTS } from './generate/generator.ts';
import { type Difference, Lockstep, type LockstepOptions } from './lockstep.ts';
import type { PairFactory, ServerPair } from './server-pair.ts';
import type { Profile, Step } from './step.ts';

export type Failure = {
  readonly seed: number;
  readonly profile: Profile;
  /** Index of the step that failed; the number of steps if it was the audit. */
  readonly stepIndex: number;
  readonly difference: Difference;
  readonly steps: readonly Step[];
  readonly logs: { readonly a: string; readonly b: string };
};

type Running = {
  readonly pair: ServerPair;
  readonly lockstep: Lockstep;
  /** The servers did not even agree on the first session. */
  readonly start: Difference | undefined;
};

/** Pairs by profile, started when they are first needed. */
export class Runner {
  readonly #start: PairFactory;
  readonly #options: LockstepOptions;
  readonly #running = new Map<string, Running>();

  constructor(start: PairFactory, options: LockstepOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** Generates the steps of a seed and runs them. Undefined if the servers agreed. */
  runSeed(seed: number, stepCount: number, profile: Profile): Promise<Failure | undefined> {
    return this.runSteps(generate({ seed, stepCount, profile }), profile, seed);
  }

  /** Runs given steps from an empty state, with the audit at their end. */
  async runSteps(
    steps: readonly Step[],
    profile: Profile,
    seed: number,
  ): Promise<Failure | undefined> {
    const { pair, lockstep, start } = await this.#pair(profile);
    const failed = async (stepIndex: number, difference: Difference): Promise<Failure> => {
      const logs = pair.logs();
      await this.#drop(profile);
      return { seed, profile, stepIndex, difference, steps, logs };
    };
    if (start !== undefined) return failed(0, start);
    for (const [index, step] of steps.entries()) {
      const difference = await guarded(step, () => lockstep.step(step));
      if (difference !== undefined) return failed(index, difference);
    }
    const last: Step = steps.at(-1) ?? { kind: 'disconnect', slot: 0, how: 'fin' };
    const difference =
      (await guarded(last, () => audit(lockstep, SLOTS))) ??
      (await guarded(last, () => cleanUp(lockstep)));
    return difference === undefined ? undefined : failed(steps.length, difference);
  }

  async stop(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { lockstep } of running) for (const side of lockstep.sides) side.disconnectAll();
    await Promise.all(running.map(({ pair }) => pair.stop()));
  }

  async #pair(profile: Profile): Promise<Running> {
    const existing = this.#running.get(profile.name);
    if (existing !== undefined) return existing;
    const pair = await this.#start(profile);
    const lockstep = await Lockstep.open(pair, this.#options);
    const running = { pair, lockstep, start: await openAdmin(lockstep) };
    this.#running.set(profile.name, running);
    return running;
  }

  async #drop(profile: Profile): Promise<void> {
    const running = this.#running.get(profile.name);
    this.#running.delete(profile.name);
    for (const side of running?.lockstep.sides ?? []) side.disconnectAll();
    await running?.pair.stop();
  }
}

/** A server that refuses connections is a difference like any other, and a serious one. */
async function guarded(
  step: Step,
  run: () => Promise<Difference | undefined>,
): Promise<Difference | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { slot: 0, a: null, b: null, reason: `a server is gone: ${error.message}`, step };
  }
}
