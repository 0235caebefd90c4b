import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../client/io/connect.ts';
import { freePort } from '../support/free-port.ts';
import { skipWithoutOkapi } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { OkapiRun } from './okapi-run.ts';

/** Exit code for data that cannot be read. */
const UNABLE_TO_START = 1;
const ATTEMPTS = 3;

test('a second server on the same data is refused, and the first one loses nothing by it', {
  skip: process.platform === 'linux' ? skipWithoutOkapi() : 'directories are locked on Linux only',
}, async (t) => {
  const temp = await makeTempDir('two-servers');
  t.after(() => temp.remove());
  const place = { dataDir: temp.path, port: await freePort() };
  const first = await OkapiRun.start(t, place);
  await first.whenServing();
  const client = await connect({ servers: `127.0.0.1:${place.port}`, reconnectMinMs: 20 });
  t.after(() => client.close());

  let isWriting = true;
  let written = 0;
  const write = async (): Promise<void> => {
    while (isWriting) await client.create(`/n-${written++}`, Buffer.from('data'));
  };
  const writing = Promise.all([write(), write(), write(), write()]);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const second = await OkapiRun.start(t, { ...place, port: await freePort() });
    const { exitCode, output } = await second.whenEnded();
    equal(exitCode, UNABLE_TO_START, output);
    match(output, /version-2 is in use by process \d+; stop that server/);
  }
  isWriting = false;
  await writing;

  await first.end('SIGKILL');
  const again = await OkapiRun.start(t, place);
  await again.whenServing();
  const names = (await client.getChildren('/')).filter((name) => name.startsWith('n-'));
  equal(names.length, written);
  equal((await again.end('SIGTERM')).exitCode, 0);
});
