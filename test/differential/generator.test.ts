/** A seed must always mean the same steps, or no failure could be replayed. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { generate } from './generate/generator.ts';
import { PROFILES } from './profiles.ts';

for (const profile of PROFILES) {
  test(`a seed gives the same steps every time (${profile.name})`, () => {
    const first = generate({ seed: 7, stepCount: 400, profile });
    assert.equal(first.length, 400);
    assert.deepEqual(generate({ seed: 7, stepCount: 400, profile }), first);
  });

  test(`fewer steps of a seed are the beginning of more (${profile.name})`, () => {
    const all = generate({ seed: 8, stepCount: 400, profile });
    assert.deepEqual(generate({ seed: 8, stepCount: 123, profile }), all.slice(0, 123));
  });

  test(`another seed gives other steps (${profile.name})`, () => {
    const [a, b] = [1, 2].map((seed) => JSON.stringify(generate({ seed, stepCount: 50, profile })));
    assert.notEqual(a, b);
  });
}
