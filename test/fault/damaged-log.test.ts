import { equal, match, ok } from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { connect } from '../../client/io/connect.ts';
import { freePort } from '../support/free-port.ts';
import { skipWithoutOkapi } from '../support/okapi-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { OkapiRun } from './okapi-run.ts';

/** Exit code for data that cannot be read. */
const UNABLE_TO_START = 1;
/** Three lives of a server: each leaves a log file. */
const LIVES = 3;
const NODES_PER_LIFE = 20;

test('damaged or missing logs are refused with a message that helps, and undamaged ones are served again', {
  skip: skipWithoutOkapi(),
}, async (t) => {
  const temp = await makeTempDir('damaged');
  t.after(() => temp.remove());
  const place = { dataDir: temp.path, port: await freePort() };
  const servers = `127.0.0.1:${place.port}`;
  const logDir = path.join(temp.path, 'version-2');

  for (let life = 0; life < LIVES; life++) {
    const run = await OkapiRun.start(t, place);
    await run.whenServing();
    const client = await connect(servers);
    for (let node = 0; node < NODES_PER_LIFE; node++) {
      await client.create(`/life-${life}-node-${node}`, Buffer.from('data'));
    }
    await client.close();
    // Killed and stopped servers leave their files in different states.
    await run.end(life === 1 ? 'SIGTERM' : 'SIGKILL');
  }
  const logs = (await readdir(logDir)).sort((a, b) => zxidOf(a) - zxidOf(b));
  equal(logs.length, LIVES);

  const refused = async (): Promise<string> => {
    const run = await OkapiRun.start(t, place);
    const { exitCode, output } = await run.whenEnded();
    equal(exitCode, UNABLE_TO_START, output);
    return output;
  };

  for (const log of logs) {
    const file = path.join(logDir, log);
    const whole = await readFile(file);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf(`node-${NODES_PER_LIFE / 2}`);
    ok(at > 0);
    damaged.write('X', at);
    await writeFile(file, damaged);
    const output = await refused();
    const [, offset] = /at offset (\d+): the checksum of the entry is [0-9a-f]+/.exec(output) ?? [];
    ok(Number(offset) < at && Number(offset) > at - 200, output);
    ok(output.includes(file), output);
    match(output, /it is not the end of the log: the entry at \d+ is good/);
    match(output, /restore the file from a backup/);
    ok((await readFile(file)).equals(damaged), 'a refusal changes nothing');
    await writeFile(file, whole);
  }

  const [, middle = ''] = logs;
  const away = path.join(temp.path, 'away');
  await rename(path.join(logDir, middle), away);
  match(await refused(), /zxid 0x[0-9a-f]+ was expected.*restore the log file/);
  await rename(away, path.join(logDir, middle));

  const run = await OkapiRun.start(t, place);
  await run.whenServing();
  const client = await connect(servers);
  const names = (await client.getChildren('/')).filter((name) => name.startsWith('life-'));
  equal(names.length, LIVES * NODES_PER_LIFE);
  await client.close();
  equal((await run.end('SIGTERM')).exitCode, 0);
});

function zxidOf(log: string): number {
  return Number.parseInt(log.slice('log.'.length), 16);
}
