/**
 * What reading and writing a record costs: `npm run bench -w jute-ts`. Prints the best of several rounds, which is the
 * figure least disturbed by the rest of the machine.
 */
import { JuteReader, JuteWriter } from 'jute-ts';
import * as sample from '../test/sample/shapes.ts';

const ROUNDS: number = 9;
const CALLS: number = 200_000;

const scalars: sample.Scalars = {
  tiny: 1,
  flag: true,
  number: 2,
  big: { hi: 1, lo: 2 },
  single: 0.5,
  wide: 0.5,
  text: '/services/billing/leader',
  blob: Buffer.alloc(100),
};
const names: sample.Collections = {
  numbers: [],
  names: Array.from({ length: 100 }, (_, i) => `member-${i}`),
  points: [],
  table: [],
  ids: [],
  paths: [],
  pages: [],
};

measure('Point (8 bytes)', sample.readPoint, sample.writePoint, sample.sizePoint, { x: 1, y: 2 });
measure('Scalars', sample.readScalars, sample.writeScalars, sample.sizeScalars, scalars);
measure(
  'Collections with 100 strings',
  sample.readCollections,
  sample.writeCollections,
  sample.sizeCollections,
  names,
);

function measure<T>(
  name: string,
  read: (r: JuteReader) => T,
  write: (w: JuteWriter, v: T) => void,
  size: (v: T) => number,
  value: T,
): void {
  const bytes = size(value);
  const buffer = Buffer.alloc(bytes + 1024);
  const r = new JuteReader();
  const w = new JuteWriter();
  write(w.reset(buffer), value);
  const reading = best(() => {
    read(r.reset(buffer, 0, bytes));
  }, bytes);
  const writing = best(() => {
    write(w.reset(buffer), value);
  }, bytes);
  const sizing = best(() => {
    size(value);
  }, bytes);
  const columns = [`read ${reading} ns`, `write ${writing} ns`, `size ${sizing} ns`];
  process.stdout.write(`${name}, ${bytes} bytes: ${columns.join(', ')}\n`);
}

/** Nanoseconds of one call, in the round where that was least. */
function best(call: () => void, bytes: number): string {
  const calls = Math.max(1000, Math.floor(CALLS / (1 + bytes / 100)));
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) call();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / calls);
  }
  return least.toFixed(0);
}
