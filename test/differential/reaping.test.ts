/** Containers and TTL nodes that the servers delete by themselves, one at a time, so that nothing depends on the hour. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { OpCode } from '../../protocol/op-code.ts';
import { OPEN_ACL_UNSAFE } from '../../protocol/permission.ts';
import { skipWithoutApache } from '../support/apache-server.ts';
import { skipWithoutOkapi } from '../support/okapi-server.ts';
import { request } from './generate/requests.ts';
import { PROFILES } from './profiles.ts';
import { reportFailure } from './report.ts';
import { Runner } from './run-seed.ts';
import { freshPairs } from './server-pair.ts';
import type { Profile, Request, Step } from './step.ts';

const OWNER = 0;
const WATCHER = 1;
const SHORT_TTL_MS = 300;
/** Long enough for a child to be created meanwhile. */
const LONG_TTL_MS = 3000;
/** What znode_count is on an empty server. */
const BUILT_IN_NODES = 5;

const PROFILE: Profile = {
  ...PROFILES[0]!,
  name: 'reaping',
  config: { ...PROFILES[0]!.config, 'znode.container.checkIntervalMs': '400' },
};

const CLOSE = request(OpCode.closeSession, { record: 'none' });

const CASES: readonly (readonly [name: string, steps: readonly Step[]])[] = [
  [
    'a container whose last child is deleted',
    [
      ...watched('/c'),
      send(create(OpCode.createContainer, '/c', 4)),
      send(create(OpCode.create, '/c/a', 0)),
      lastly(remove('/c/a')),
    ],
  ],
  [
    'a container whose last child is an ephemeral that dies with its session',
    [
      ...watched('/c'),
      send(create(OpCode.createContainer, '/c', 4)),
      send(create(OpCode.create, '/c/a', 1)),
      lastly(CLOSE),
    ],
  ],
  [
    'a node at the end of its time to live',
    [...watched('/t'), lastly(createTtl('/t', 5, SHORT_TTL_MS))],
  ],
  [
    'a sequential node at the end of its time to live',
    [...watched('/t-0000000000'), lastly(createTtl('/t-', 6, SHORT_TTL_MS))],
  ],
  [
    'a node with a time to live once its child is gone',
    [
      ...watched('/t'),
      send(createTtl('/t', 5, LONG_TTL_MS)),
      send(create(OpCode.create, '/t/a', 1)),
      lastly(CLOSE),
    ],
  ],
];

test("nodes are reaped as by Apache's server", {
  skip: skipWithoutApache() || skipWithoutOkapi(),
}, async (t) => {
  const runner = new Runner(freshPairs({ a: 'apache', b: 'okapi' }), {
    coverage: undefined,
    known: [],
  });
  try {
    for (const [name, steps] of CASES) {
      await t.test(name, async () => {
        const failure = await runner.runSteps(steps, PROFILE, 0);
        assert.equal(failure === undefined ? '' : reportFailure(failure), '');
      });
    }
  } finally {
    await runner.stop();
  }
});

/** Another session watches the node in every way before it is there. */
function watched(path: string): Step[] {
  const watches = [
    request(OpCode.exists, { record: 'PathAndWatch', value: { path, watch: true } }),
    request(OpCode.addWatch, { record: 'AddWatch', value: { path, mode: 0 } }),
    request(OpCode.addWatch, { record: 'AddWatch', value: { path: '/', mode: 1 } }),
    request(OpCode.getChildren, { record: 'PathAndWatch', value: { path: '/', watch: true } }),
  ];
  return watches.map((made) => ({ kind: 'request', slot: WATCHER, request: made, pieces: 1 }));
}

function send(made: Request): Step {
  return { kind: 'request', slot: OWNER, request: made, pieces: 1 };
}

function create(op: number, path: string, flags: number): Request {
  return request(op, {
    record: 'Create',
    value: { path, data: null, acl: OPEN_ACL_UNSAFE, flags },
  });
}

function createTtl(path: string, flags: number, ttlMs: number): Request {
  return request(OpCode.createTTL, {
    record: 'CreateTTL',
    value: { path, data: null, acl: OPEN_ACL_UNSAFE, flags, ttl: { hi: 0, lo: ttlMs } },
  });
}

function remove(path: string): Request {
  return request(OpCode.delete, { record: 'Delete', value: { path, version: -1 } });
}

/** A request after which the servers have something to delete by themselves. */
function lastly(made: Request): Step {
  return { kind: 'reap', slot: OWNER, request: made, remaining: BUILT_IN_NODES };
}
