/**
 * What a watch costs in memory.
 *
 *   npm run build && node --expose-gc dist/test/bench/watch-memory.js [watches]
 *
 * Paths are made as a request makes them: a new string for every watch, cut out of a buffer. Their bytes are told apart,
 * by what an array of such strings takes. Each arrangement is measured in tables of its own.
 */
import { WatchMode, WatchTable } from '../../server/watch/watch-table.ts';

const WATCHES = Number(process.argv[2] ?? 1_000_000);

type Arrangement = {
  readonly what: string;
  readonly paths: number;
  readonly watchers: number;
};

/** Watches are spread evenly: every path has `WATCHES / paths` watchers, every watcher `WATCHES / watchers` paths. */
const ARRANGEMENTS: readonly Arrangement[] = [
  { what: 'one watcher on each path', paths: WATCHES, watchers: 1000 },
  { what: 'one watcher on all paths', paths: WATCHES, watchers: 1 },
  { what: 'few paths for each watcher', paths: WATCHES, watchers: WATCHES / 10 },
  { what: 'two watchers on each path', paths: WATCHES / 2, watchers: 1000 },
  { what: 'ten watchers on each path', paths: WATCHES / 10, watchers: 1000 },
  { what: 'a thousand watchers on each path', paths: WATCHES / 1000, watchers: 1000 },
];

class Watcher {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run with node --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The path of a number, as a string of its own. */
function pathOf(number: number): string {
  const bytes = Buffer.from(`/service/instance-${String(number).padStart(10, '0')}`);
  return bytes.toString('utf8', 0, bytes.length);
}

/** Bytes of one path's string. */
function pathBytes(): number {
  const COUNT = 100_000;
  const before = heapBytes();
  const paths = Array.from({ length: COUNT }, (_, i) => pathOf(i));
  const bytes = heapBytes() - before - 8 * COUNT;
  return bytes / paths.length;
}

function measure(arrangement: Arrangement): { readonly bytes: number; readonly count: number } {
  const watchers = Array.from({ length: arrangement.watchers }, (_, i) => new Watcher(i));
  const before = heapBytes();
  const table = new WatchTable<Watcher>();
  const perPath = WATCHES / arrangement.paths;
  for (let i = 0; i < WATCHES; i += 1) {
    const path = Math.floor(i / perPath);
    // The watchers of one path are different ones, and so are the paths of one watcher.
    const watcher = (i + Math.floor(i / arrangement.watchers)) % arrangement.watchers;
    table.add(pathOf(path), watchers[watcher] as Watcher, WatchMode.STANDARD);
  }
  const bytes = heapBytes() - before;
  return { bytes, count: table.watchCount };
}

const ownPathBytes = pathBytes();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
print(
  `node ${process.version}, ${WATCHES} watches; a path's string is ${ownPathBytes.toFixed(0)} bytes`,
);
print('bytes per watch: all, and without the strings of the paths, one for each path');
for (const arrangement of ARRANGEMENTS) {
  const { bytes, count } = measure(arrangement);
  const perWatch = bytes / count;
  const beside = perWatch - (ownPathBytes * arrangement.paths) / count;
  print(
    `${perWatch.toFixed(0).padStart(5)} ${beside.toFixed(0).padStart(5)}  ${arrangement.what} ` +
      `(${count} watches, ${arrangement.paths} paths, ${arrangement.watchers} watchers)`,
  );
}
