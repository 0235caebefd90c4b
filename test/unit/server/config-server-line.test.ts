import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerLine } from '../../../server/config/config-type.ts';
import { parseServerLine } from '../../../server/config/server-line.ts';

function address(host: string, port = 2888, electionPort = 3888): ServerLine['addresses'][number] {
  return { host, port, electionPort };
}

test('every form of a server line is read', () => {
  const cases: readonly [text: string, expected: Omit<ServerLine, 'id'>][] = [
    ['zk1:2888:3888', { addresses: [address('zk1')], role: 'participant', client: null }],
    ['zk1:2888:3888:observer', { addresses: [address('zk1')], role: 'observer', client: null }],
    [
      'zk1:2888:3888:PARTICIPANT;2181',
      { addresses: [address('zk1')], role: 'participant', client: { host: null, port: 2181 } },
    ],
    [
      'zk1:2888:3888;0.0.0.0:2181',
      { addresses: [address('zk1')], role: 'participant', client: { host: null, port: 2181 } },
    ],
    [
      '[2001:db8::1]:2888:3888:observer;[::1]:2181',
      {
        addresses: [address('2001:db8::1')],
        role: 'observer',
        client: { host: '::1', port: 2181 },
      },
    ],
    [
      'zk1:2888:3888|zk1b:2889:3889',
      {
        addresses: [address('zk1'), address('zk1b', 2889, 3889)],
        role: 'participant',
        client: null,
      },
    ],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(parseServerLine(1, text), { id: 1, ...expected }, text);
  }
});

test('a server line that is wrong says what is wrong', () => {
  const cases: readonly [text: string, reason: string][] = [
    ['', 'is not host:port:electionPort or host:port:electionPort:role'],
    ['zk1:2888', 'is not host:port:electionPort or host:port:electionPort:role'],
    ['zk1:1:2:observer:4', 'is not host:port:electionPort or host:port:electionPort:role'],
    ['[::1:2888:3888', 'is not host:port:electionPort or host:port:electionPort:role'],
    [':2888:3888', 'has no host'],
    ['zk1:x:3888', 'has x where a port belongs'],
    ['zk1:2888:65536', 'has 65536 where a port belongs'],
    ['zk1:2888:2888', 'uses port 2888 for peers and for elections; they must differ'],
    ['zk1:2888:3888:leader', 'has the role leader; it is participant or observer'],
    ['a:1:2:observer|b:1:2:participant', 'has addresses of different roles'],
    ['zk1:2888:3888;a:b:c', 'has no [address:]clientPort after the ;'],
    ['zk1:2888:3888;x', 'has x where the client port belongs'],
    ['zk1:2888:3888;1;2', 'has more than one ;'],
  ];
  for (const [text, reason] of cases) assert.equal(parseServerLine(1, text), reason, text);
});
