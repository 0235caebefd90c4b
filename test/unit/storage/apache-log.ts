import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** See fixtures/README.md. */
const FIXTURES = path.resolve(import.meta.dirname, '../../../../test/unit/storage/fixtures');

/** What the server answered about one node; base64 of the reply's body. */
export type RecordedNode = {
  readonly getData: string;
  readonly getAcl: string;
  readonly children: readonly string[];
};

export type RecordedState = {
  readonly znodeCount: number;
  readonly approximateDataSize: number;
  readonly ephemeralsCount: number;
  /** Lines `<zxid in hex>: <digest>`. */
  readonly hash: readonly string[];
  readonly nodes: Readonly<Record<string, RecordedNode>>;
};

export function readRecordedState(): RecordedState {
  return JSON.parse(readFixture('apache-3.9.5.state.json.gz').toString('utf8'));
}

/** The bytes of every txn in the log Apache's server wrote, in order. */
export function readRecordedTxns(): Buffer[] {
  const log = readFixture('apache-3.9.5.log.gz');
  const txns: Buffer[] = [];
  // FileHeader, then {adler32:long length:int txn 0x42} per entry.
  for (let at = 16; at + 12 <= log.length; ) {
    const start = at + 12;
    const end = start + log.readInt32BE(at + 8);
    txns.push(log.subarray(start, end));
    at = end + 1;
  }
  return txns;
}

function readFixture(name: string): Buffer {
  return gunzipSync(readFileSync(path.join(FIXTURES, name)));
}
