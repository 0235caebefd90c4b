import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chroot } from '../../../client/chroot.ts';

const CASES: readonly (readonly [string, string, string])[] = [
  ['', '/a', '/a'],
  ['', '/', '/'],
  ['/app', '/', '/app'],
  ['/app', '/a/b', '/app/a/b'],
  ['/app', '/app', '/app/app'],
];

for (const [prefix, client, server] of CASES) {
  test(`behind '${prefix}', ${client} is the server's ${server}, and back`, () => {
    const chroot = new Chroot(prefix);
    assert.equal(chroot.toServer(client), server);
    assert.equal(chroot.toClient(server), client);
  });
}

test('a path that is not below the prefix stays as it is', () => {
  const chroot = new Chroot('/app');
  for (const path of ['/zookeeper/config', '/application', '/']) {
    assert.equal(chroot.toClient(path), path);
  }
});
