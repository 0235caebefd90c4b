import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WatchMode, WatchTable } from '../../../../server/watch/watch-table.ts';
import { Random } from '../../../differential/random.ts';

type Client = { readonly name: string };

const A: Client = { name: 'A' };
const B: Client = { name: 'B' };
const C: Client = { name: 'C' };
const { STANDARD, PERSISTENT, PERSISTENT_RECURSIVE } = WatchMode;

function triggered(table: WatchTable<Client>, path: string): string[] {
  return [...(table.trigger(path) ?? [])].map(({ name }) => name).sort();
}

function counts(table: WatchTable<Client>): readonly [number, number, number] {
  return [table.watchCount, table.pathCount, table.watcherCount];
}

test('a one-shot watch is told once', () => {
  const table = new WatchTable<Client>();
  table.add('/a', A, STANDARD);
  assert.deepEqual(triggered(table, '/a'), ['A']);
  assert.equal(table.trigger('/a'), undefined);
  assert.deepEqual(counts(table), [0, 0, 0]);
});

test('a path without watchers triggers nobody', () => {
  const table = new WatchTable<Client>();
  table.add('/a', A, STANDARD);
  for (const path of ['/b', '/a/b', '/', '/aa']) assert.equal(table.trigger(path), undefined);
  assert.deepEqual(counts(table), [1, 1, 1]);
});

test('a persistent watch is told again and again', () => {
  const table = new WatchTable<Client>();
  table.add('/a', A, PERSISTENT);
  for (let i = 0; i < 3; i += 1) assert.deepEqual(triggered(table, '/a'), ['A']);
  assert.deepEqual(triggered(table, '/a/b'), []);
});

test('a recursive watch is told of its path and of everything below, at any depth', () => {
  const table = new WatchTable<Client>();
  table.add('/a', A, PERSISTENT_RECURSIVE);
  for (const path of ['/a', '/a/b', '/a/b/c/d', '/a']) {
    assert.deepEqual(triggered(table, path), ['A'], path);
  }
  for (const path of ['/', '/b', '/ab', '/ab/c'])
    assert.deepEqual(triggered(table, path), [], path);
});

test('a recursive watch on the root is told of everything', () => {
  const table = new WatchTable<Client>();
  table.add('/', A, PERSISTENT_RECURSIVE);
  for (const path of ['/', '/a', '/a/b']) assert.deepEqual(triggered(table, path), ['A'], path);
});

test('everyone is told once, however many watches lead there', () => {
  const table = new WatchTable<Client>();
  table.add('/a/b', A, STANDARD);
  table.add('/a/b', A, PERSISTENT);
  table.add('/a/b', A, PERSISTENT_RECURSIVE);
  table.add('/a', A, PERSISTENT_RECURSIVE);
  table.add('/', A, PERSISTENT_RECURSIVE);
  table.add('/a', B, PERSISTENT_RECURSIVE);
  table.add('/a/b', C, STANDARD);
  assert.equal(table.watchCount, 5, 'pairs of watcher and path');
  assert.deepEqual(triggered(table, '/a/b'), ['A', 'B', 'C']);
  assert.deepEqual(triggered(table, '/a/b'), ['A', 'B'], 'one-shot watches are spent');
  assert.equal(table.modes('/a/b', A), PERSISTENT | PERSISTENT_RECURSIVE);
});

test('adding the same watch twice is adding it once', () => {
  for (const mode of [STANDARD, PERSISTENT, PERSISTENT_RECURSIVE]) {
    const table = new WatchTable<Client>();
    table.add('/a', A, mode);
    table.add('/a', A, mode);
    assert.deepEqual(counts(table), [1, 1, 1]);
    assert.equal(table.remove('/a', A, mode), true);
    assert.equal(table.remove('/a', A, mode), false);
    assert.deepEqual(counts(table), [0, 0, 0]);
    assert.equal(table.trigger('/a/b'), undefined);
  }
});

const REMOVALS: readonly {
  readonly has: number;
  readonly removes: number;
  readonly found: boolean;
  readonly left: number;
}[] = [
  { has: STANDARD, removes: STANDARD, found: true, left: 0 },
  { has: STANDARD, removes: PERSISTENT, found: false, left: STANDARD },
  { has: STANDARD | PERSISTENT, removes: STANDARD, found: true, left: PERSISTENT },
  { has: STANDARD | PERSISTENT, removes: PERSISTENT, found: true, left: STANDARD },
  {
    has: PERSISTENT | PERSISTENT_RECURSIVE,
    removes: PERSISTENT_RECURSIVE,
    found: true,
    left: PERSISTENT,
  },
  { has: 7, removes: 7, found: true, left: 0 },
  { has: PERSISTENT_RECURSIVE, removes: STANDARD | PERSISTENT, found: false, left: 4 },
  { has: 0, removes: 7, found: false, left: 0 },
];

for (const { has, removes, found, left } of REMOVALS) {
  test(`removing modes ${removes} of ${has} leaves ${left}`, () => {
    const table = new WatchTable<Client>();
    table.add('/a', B, STANDARD);
    for (const mode of [STANDARD, PERSISTENT, PERSISTENT_RECURSIVE]) {
      if ((has & mode) !== 0) table.add('/a', A, mode);
    }
    assert.equal(table.remove('/a', A, removes), found);
    assert.equal(table.modes('/a', A), left);
    assert.equal(table.modes('/a', B), STANDARD, 'others keep theirs');
    assert.deepEqual(triggered(table, '/a/b'), (left & PERSISTENT_RECURSIVE) !== 0 ? ['A'] : []);
  });
}

test('a watcher that goes takes all its watches and nobody else’s', () => {
  const table = new WatchTable<Client>();
  for (const watcher of [A, B, C]) {
    table.add('/a', watcher, STANDARD);
    table.add('/b', watcher, PERSISTENT_RECURSIVE);
  }
  table.add('/only', A, PERSISTENT);
  table.removeWatcher(A);
  table.removeWatcher(A);
  assert.deepEqual(counts(table), [4, 2, 2]);
  assert.deepEqual(triggered(table, '/a'), ['B', 'C']);
  assert.deepEqual(triggered(table, '/b/x'), ['B', 'C']);
  table.removeWatcher(B);
  table.removeWatcher(C);
  assert.deepEqual(counts(table), [0, 0, 0]);
  assert.equal(table.trigger('/b/x'), undefined);
});

test('watches are listed from both sides', () => {
  const table = new WatchTable<Client>();
  table.add('/a', A, STANDARD);
  table.add('/a', B, PERSISTENT);
  table.add('/b', A, STANDARD);
  assert.deepEqual(
    [...table.watchersWithPaths()].map(([{ name }, paths]) => [name, [...paths]]),
    [
      ['A', ['/a', '/b']],
      ['B', ['/a']],
    ],
  );
  assert.deepEqual(
    [...table.pathsWithWatchers()].map(([path, watchers]) => [
      path,
      watchers.map(({ name }) => name),
    ]),
    [
      ['/a', ['A', 'B']],
      ['/b', ['A']],
    ],
  );
});

/** What a watch table does, kept as a plain list. */
class Model {
  watches: { path: string; watcher: Client; mode: number }[] = [];

  add(path: string, watcher: Client, mode: number): void {
    if (!this.#has(path, watcher, mode)) this.watches.push({ path, watcher, mode });
  }

  remove(path: string, watcher: Client, modes: number): boolean {
    return this.#drop((w) => w.path === path && w.watcher === watcher && (w.mode & modes) !== 0);
  }

  removeWatcher(watcher: Client): void {
    this.#drop((w) => w.watcher === watcher);
  }

  trigger(path: string): string[] {
    const told = this.watches.filter(
      (w) =>
        w.path === path ||
        (w.mode === PERSISTENT_RECURSIVE && (w.path === '/' || path.startsWith(`${w.path}/`))),
    );
    this.#drop((w) => w.path === path && w.mode === STANDARD);
    return [...new Set(told.map(({ watcher }) => watcher.name))].sort();
  }

  get counts(): readonly [number, number, number] {
    const pairs = new Set(this.watches.map(({ path, watcher }) => `${watcher.name} ${path}`));
    const paths = new Set(this.watches.map(({ path }) => path));
    const watchers = new Set(this.watches.map(({ watcher }) => watcher));
    return [pairs.size, paths.size, watchers.size];
  }

  #has(path: string, watcher: Client, mode: number): boolean {
    return this.watches.some((w) => w.path === path && w.watcher === watcher && w.mode === mode);
  }

  #drop(goes: (watch: Model['watches'][number]) => boolean): boolean {
    const before = this.watches.length;
    this.watches = this.watches.filter((watch) => !goes(watch));
    return this.watches.length < before;
  }
}

test('random steps come to the same as in a plain list, and in the end nothing is left', () => {
  const PATHS = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/b', '/b/c'];
  const WATCHERS = [A, B, C, { name: 'D' }];
  const MODES = [STANDARD, PERSISTENT, PERSISTENT_RECURSIVE];
  for (let seed = 0; seed < 20; seed += 1) {
    const random = new Random(seed);
    const table = new WatchTable<Client>();
    const model = new Model();
    for (let step = 0; step < 500; step += 1) {
      const path = random.pick(PATHS);
      const watcher = random.pick(WATCHERS);
      const roll = random.below(100);
      if (roll < 50) {
        const mode = random.pick(MODES);
        table.add(path, watcher, mode);
        model.add(path, watcher, mode);
      } else if (roll < 65) {
        const modes = random.between(1, 7);
        assert.equal(table.remove(path, watcher, modes), model.remove(path, watcher, modes));
      } else if (roll < 70) {
        table.removeWatcher(watcher);
        model.removeWatcher(watcher);
      } else {
        assert.deepEqual(triggered(table, path), model.trigger(path), `seed ${seed} step ${step}`);
      }
      assert.deepEqual(counts(table), model.counts, `seed ${seed} step ${step}`);
    }
    for (const watcher of WATCHERS) table.removeWatcher(watcher);
    assert.deepEqual(counts(table), [0, 0, 0]);
    for (const path of PATHS) assert.equal(table.trigger(path), undefined);
    assert.deepEqual([...table.watchersWithPaths(), ...table.pathsWithWatchers()], []);
  }
});
