/**
 * The differential tester from the command line. It stops after the given number of failures (1), searches the shortest
 * series of steps that still fails for the given time (60 s), and with --list only shows the steps of a seed.
 *
 *     node dist/test/differential/main.js [--seed N] [--seeds K] [--steps M] [--pair apache,okapi]
 *                                         [--servers host:port,host:port] [--profile name]
 *                                         [--failures N] [--minimise seconds] [--log] [--list]
 */
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { generate } from './generate/generator.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { minimise } from './minimise.ts';
import { PROFILES, profileOf } from './profiles.ts';
import { listSteps, reportFailure } from './report.ts';
import { Runner } from './run-seed.ts';
import {
  type Address,
  freshPairs,
  givenPair,
  type PairFactory,
  type ServerKind,
} from './server-pair.ts';
import type { Profile } from './step.ts';

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  steps: { type: 'string', default: '300' },
  profile: { type: 'string' },
  pair: { type: 'string', default: 'apache,okapi' },
  servers: { type: 'string' },
  minimise: { type: 'string', default: '60' },
  list: { type: 'boolean', default: false },
  failures: { type: 'string', default: '1' },
  log: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const first = Number(values.seed);
  const stepCount = Number(values.steps);
  if (values.list) {
    say(listSteps(generate({ seed: first, stepCount, profile: profile(values.profile, first) })));
    return 0;
  }
  const coverage = new Coverage();
  const factory = pairFactory(values.pair, values.servers);
  const known = values.pair === 'apache,apache' ? [] : KNOWN_DIFFERENCES;
  const runner = new Runner(factory, { coverage, known });
  let failureCount = 0;
  const startedAt = performance.now();
  try {
    for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
      const failure = await runner.runSeed(seed, stepCount, profile(values.profile, seed));
      if (failure === undefined) continue;
      failureCount += 1;
      say(reportFailure(failure));
      if (values.log)
        say(`log of A:\n${tail(failure.logs.a)}\nlog of B:\n${tail(failure.logs.b)}\n`);
      if (Number(values.minimise) > 0) {
        const searching = new Runner(factory, { coverage: undefined, known });
        const least = await minimise(searching, failure, {
          deadlineMs: Number(values.minimise) * 1000,
        });
        await searching.stop();
        say(`shortest series found:\n${listSteps(least.steps)}${reportFailure(least)}\n`);
      }
      if (failureCount >= Number(values.failures)) break;
    }
  } finally {
    await runner.stop();
  }
  say(coverage.table());
  for (const { id } of known) say(`known difference ${id}: ${coverage.knownCount(id)} times\n`);
  say(`${failureCount} failures, ${Math.round(performance.now() - startedAt)} ms\n`);
  return failureCount === 0 ? 0 : 1;
}

function pairFactory(pair: string, servers: string | undefined): PairFactory {
  if (servers !== undefined) {
    const [a, b] = servers.split(',').map(address);
    if (a === undefined || b === undefined) throw new Error('--servers wants host:port,host:port');
    return givenPair(a, b);
  }
  const [a, b] = pair.split(',').map(kind);
  if (a === undefined || b === undefined)
    throw new Error('--pair wants apache,okapi or apache,apache');
  return freshPairs({ a, b });
}

function kind(text: string): ServerKind {
  if (text !== 'apache' && text !== 'okapi')
    throw new Error(`'${text}' is neither apache nor okapi`);
  return text;
}

function address(text: string): Address {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

function profile(name: string | undefined, seed: number): Profile {
  if (name === undefined) return profileOf(seed);
  const found = PROFILES.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no profile '${name}': ${PROFILES.map((one) => one.name).join(', ')}`);
  return found;
}

function tail(text: string): string {
  return text.split('\n').slice(-40).join('\n');
}

function say(text: string): void {
  process.stdout.write(text);
}

process.exitCode = await main();
