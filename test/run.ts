/**
 * Runs one layer of the tests: `node dist/test/run.js <layer> [filter]`.
 *
 * A layer is a folder of test/; the filter keeps the files whose path below that folder contains it. Node's own test
 * runner does the work and has the last word: its summary lines close the output and its exit code is ours.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

type Layer = {
  /** Test files that may run side by side; undefined leaves it to Node (one less than the number of cores). */
  readonly concurrency: number | undefined;
  /** How long one file (and each test in it) may take before it counts as hung. */
  readonly timeoutMs: number;
};

/** Layers that start servers run one file at a time: they measure memory, count sockets and load every core. */
const LAYERS: Readonly<Record<string, Layer>> = {
  unit: { concurrency: undefined, timeoutMs: 240_000 },
  interop: { concurrency: 1, timeoutMs: 600_000 },
  fault: { concurrency: 1, timeoutMs: 600_000 },
  differential: { concurrency: 1, timeoutMs: 900_000 },
  sim: { concurrency: 1, timeoutMs: 600_000 },
};

/** What the runner reports when there is nothing to run: an empty run must never look like a pass. */
const EXIT_USAGE = 2;

async function listTestFiles(layerFolder: string, filter: string): Promise<string[]> {
  const entries = await readdir(layerFolder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => path.relative(layerFolder, file).includes(filter))
    .sort();
}

function runNode(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.on('error', reject);
    // A runner that was ended by a signal has no code; that is a failure like any other.
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function main(layerName: string | undefined, filter: string): Promise<number> {
  const layer = layerName === undefined ? undefined : LAYERS[layerName];
  if (layerName === undefined || layer === undefined) {
    process.stderr.write(
      `usage: node dist/test/run.js <${Object.keys(LAYERS).join('|')}> [filter]\n`,
    );
    return EXIT_USAGE;
  }
  const layerFolder = path.join(import.meta.dirname, layerName);
  const files = await listTestFiles(layerFolder, filter);
  if (files.length === 0) {
    const which = filter === '' ? '' : ` whose path contains '${filter}'`;
    process.stderr.write(
      `test/run: no test files${which} in ${layerFolder}; run \`npm run build\` first?\n`,
    );
    return EXIT_USAGE;
  }
  const args = ['--test', '--test-reporter=spec', `--test-timeout=${layer.timeoutMs}`];
  if (layer.concurrency !== undefined) args.push(`--test-concurrency=${layer.concurrency}`);
  return runNode([...args, ...files]);
}

process.exitCode = await main(process.argv[2], process.argv[3] ?? '');
