import { equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { openClient } from '../../client/io/connect.ts';
import { isZkError } from '../../client/zk-error.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { freePort } from '../support/free-port.ts';
import { skipWithoutOkapi } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { OkapiRun } from './okapi-run.ts';

/** Exit code for a log that cannot be written. */
const TXNLOG_ERROR = 10;
const NODE_BYTES = 20_000;

/** A file system of its own, of the size given, and how to change it; null if this process may not mount one. */
async function mountSmallDisk(
  t: TestContext,
  size: string,
): Promise<{ path: string; resize(size: string): void } | null> {
  const temp = await makeTempDir('disk');
  t.after(async () => {
    spawnSync('umount', ['-l', temp.path]);
    await temp.remove();
  });
  const mount = (options: string): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', temp.path]).status === 0;
  if (!mount(`size=${size}`)) return null;
  return {
    path: temp.path,
    resize: (newSize) => ok(mount(`remount,size=${newSize}`)),
  };
}

test('a server whose disk is full stops, and nothing that it acknowledged is lost', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const disk = await mountSmallDisk(t, '4m');
  if (disk === null) {
    t.skip('a file system of a few MiB cannot be mounted here: this needs root');
    return;
  }
  const place = { dataDir: disk.path, port: await freePort(), config: { preAllocSize: '256' } };
  const run = await OkapiRun.start(t, place);
  await run.whenServing();
  const client = openClient({ servers: `127.0.0.1:${place.port}`, reconnectMinMs: 20 });
  t.after(() => client.close());

  const acknowledged: number[] = [];
  const write = async (from: number): Promise<void> => {
    for (let id = from; ; id += 4) {
      await client.create(`/n-${id}`, Buffer.alloc(NODE_BYTES, id));
      acknowledged.push(id);
    }
  };
  // Four at a time, so that the write that fails is not the only one that waits.
  const ends = await Promise.allSettled([0, 1, 2, 3].map(write));
  for (const end of ends) {
    ok(end.status === 'rejected');
    ok(isZkError(end.reason, ErrorCode.CONNECTIONLOSS), String(end.reason));
  }
  const { exitCode, output } = await run.whenEnded();
  equal(exitCode, TXNLOG_ERROR, output);
  match(output, /ENOSPC/);
  ok(acknowledged.length > 50, `${acknowledged.length} nodes fit`);

  disk.resize('32m');
  const again = await OkapiRun.start(t, place);
  await again.whenServing();
  for (const id of acknowledged) {
    const { data } = await client.getData(`/n-${id}`);
    ok(data !== null && Buffer.alloc(NODE_BYTES, id).equals(data), `/n-${id}`);
  }
  await client.create('/after', null);
  equal((await again.end('SIGTERM')).exitCode, 0);
});
