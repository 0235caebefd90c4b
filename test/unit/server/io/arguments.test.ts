import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Command,
  type ConfigSource,
  parseArguments,
} from '../../../../server/io/arguments.ts';

function server(source: ConfigSource, properties: Record<string, string> = {}): Command {
  return { kind: 'server', source, systemProperties: new Map(Object.entries(properties)) };
}

function fromArguments(
  clientPort: number,
  dataDir: string,
  tickTimeMs: number | null = null,
  maxClientCnxns: number | null = null,
): Command {
  const given = { clientPort, dataDir, tickTimeMs, maxClientCnxns };
  return server({ kind: 'arguments', arguments: given });
}

test('each command line is its command', () => {
  const cases: readonly [line: string, command: Command][] = [
    ['server', server({ kind: 'quickStart' })],
    ['server zoo.cfg', server({ kind: 'file', path: 'zoo.cfg' })],
    ['server -- zoo.cfg', server({ kind: 'file', path: 'zoo.cfg' })],
    ['server ./2181', server({ kind: 'file', path: './2181' })],
    ['server 2182 /var/lib/okapi', fromArguments(2182, '/var/lib/okapi')],
    ['server 2182 5', fromArguments(2182, '5')],
    ['server 2182 data 2000', fromArguments(2182, 'data', 2000)],
    ['server 2182 data 2000 50', fromArguments(2182, 'data', 2000, 50)],
    ['version', { kind: 'version' }],
    ['--version', { kind: 'version' }],
    ['status', { kind: 'status', host: 'localhost', port: 2181 }],
    ['status 2182', { kind: 'status', host: 'localhost', port: 2182 }],
    ['status :2182', { kind: 'status', host: 'localhost', port: 2182 }],
    ['status zk2', { kind: 'status', host: 'zk2', port: 2181 }],
    ['status zk2:2182', { kind: 'status', host: 'zk2', port: 2182 }],
    ['status [::1]', { kind: 'status', host: '::1', port: 2181 }],
    ['status [::1]:2182', { kind: 'status', host: '::1', port: 2182 }],
  ];
  for (const [line, command] of cases) {
    assert.deepEqual(parseArguments(line.split(' ')), command, line);
  }
});

test('-D properties stand anywhere, and the last of a name counts', () => {
  const file: ConfigSource = { kind: 'file', path: 'zoo.cfg' };
  const cases: readonly [args: readonly string[], properties: Record<string, string>][] = [
    [['server', '-Dzookeeper.snapCount=5', 'zoo.cfg'], { 'zookeeper.snapCount': '5' }],
    [['-Da=1', 'server', 'zoo.cfg', '-Db.c=2'], { a: '1', 'b.c': '2' }],
    [['server', 'zoo.cfg', '-Da=1', '-Da=2'], { a: '2' }],
    [['server', 'zoo.cfg', '-Da=b=c'], { a: 'b=c' }],
    [['server', 'zoo.cfg', '-Da= b\nc'], { a: ' b\nc' }],
    [['server', 'zoo.cfg', '-Da'], { a: '' }],
    [['server', '-D', 'a=1', 'zoo.cfg'], { a: '1' }],
  ];
  for (const [args, properties] of cases) {
    assert.deepEqual(parseArguments(args), server(file, properties), args.join(' '));
  }
});

test('a command line that cannot be meant says why, and where to look', () => {
  const cases: readonly [line: string, reason: string][] = [
    ['', 'Say what to do: okapi server, okapi status or okapi version.'],
    ['start', 'Unknown command: start'],
    [
      'server 2181',
      '2181 is a port, and the directory for its data is missing: okapi server 2181 <dataDir>',
    ],
    [
      'server zoo.cfg data',
      'zoo.cfg is not a number: okapi server <port> <dataDir> [tickTime [maxClientCnxns]] has the port there',
    ],
    [
      'server 1 data x',
      'x is not a number: okapi server <port> <dataDir> [tickTime [maxClientCnxns]] has the tickTime there',
    ],
    ['server 1 data 2 3 4', '4 is too much: the fourth argument is the last'],
    ['server --port 2181', 'Unknown argument: port'],
    ['server -Xmx1g zoo.cfg', '-Xmx1g is an option of Java; leave it out'],
    ['status ::1', '::1 is not host:port; an IPv6 address stands in brackets, as in [::1]:2181'],
    [
      'status a:99999',
      'a:99999 is not host:port; an IPv6 address stands in brackets, as in [::1]:2181',
    ],
    ['status a b', 'b is too much: okapi status asks one server'],
  ];
  for (const [line, reason] of cases) {
    const args = line === '' ? [] : line.split(' ');
    assert.deepEqual(
      parseArguments(args),
      { kind: 'invalid', message: `${reason}\n\nokapi --help shows all commands, with examples.` },
      line,
    );
  }
});

test('help teaches each command by examples', () => {
  const cases: readonly [line: string, text: RegExp][] = [
    ['--help', /okapi server zoo\.cfg {2}a server as zoo\.cfg says/],
    ['-h', /Commands:/],
    ['server --help', /okapi server <port> <dataDir> \[tickTime \[maxClientCnxns\]\]/],
    ['server --help', /-Dkey=value/],
    ['status --help', /okapi status zk2:2181 +Mode: follower/],
  ];
  for (const [line, text] of cases) {
    const command = parseArguments(line.split(' '));
    assert.equal(command.kind, 'help');
    assert.match(command.kind === 'help' ? command.text : '', text, line);
  }
});
