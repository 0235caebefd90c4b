/** Each server goes on with the other's data folder, in the middle of a run and again: their logs mean the same. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { skipWithoutApache } from '../support/apache-server.ts';
import { skipWithoutOkapi } from '../support/okapi-server.ts';
import { generate } from './generate/generator.ts';
import { KNOWN_DIFFERENCES, type KnownDifference } from './known-differences.ts';
import { profileOf } from './profiles.ts';
import { reportFailure } from './report.ts';
import { Runner } from './run-seed.ts';
import { freshPairs } from './server-pair.ts';
import type { Step } from './step.ts';

const SEEDS = [1, 2, 3] as const;
/** Steps between two exchanges. */
const STRETCH = 80;
const EXCHANGE: Step = { kind: 'restart', slot: 0, signal: 'SIGKILL' };

test("Apache ZooKeeper goes on with Okapi's data folder and Okapi with Apache ZooKeeper's, twice over", {
  skip: skipWithoutApache() || skipWithoutOkapi(),
}, async (t) => {
  const known = KNOWN_DIFFERENCES.flatMap((entry) => [entry, mirrored(entry)]);
  for (const seed of SEEDS) {
    await t.test(`seed ${seed}`, async () => {
      const pairs = freshPairs({ a: 'apache', b: 'okapi' }, { exchangeData: true });
      const runner = new Runner(pairs, { coverage: undefined, known });
      try {
        const failure = await runner.runSteps(withExchanges(seed), profileOf(seed), seed);
        assert.equal(failure === undefined ? '' : reportFailure(failure), '');
      } finally {
        await runner.stop();
      }
    });
  }
});

/** The seed's own restarts would exchange as well, at a time of their own. */
function withExchanges(seed: number): Step[] {
  const profile = profileOf(seed);
  const steps = generate({ seed, stepCount: 4 * STRETCH, profile }).filter(
    ({ kind }) => kind !== 'restart',
  );
  return [0, 1, 2, 3].flatMap((i) => {
    const stretch = steps.slice(i * STRETCH, (i + 1) * STRETCH);
    return i === 3 ? stretch : [...stretch, EXCHANGE];
  });
}

/** After an exchange it is server A that is Okapi. */
function mirrored(entry: KnownDifference): KnownDifference {
  return { ...entry, applies: (step, a, b) => entry.applies(step, b, a) };
}
