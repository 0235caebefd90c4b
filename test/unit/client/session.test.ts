import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteReader } from 'jute-ts';
import {
  encodeBareFrame,
  type WatchRegistration,
  type WatchRemoval,
} from '../../../client/request.ts';
import { Session } from '../../../client/session.ts';
import type {
  SessionInput,
  SessionOptions,
  SessionOutput,
} from '../../../client/session-events.ts';
import type { WatchEvent } from '../../../client/watch.ts';
import { readConnectRequest } from '../../../protocol/client-codec.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { readSetWatches, readSetWatches2 } from '../../../protocol/generated/proto.ts';
import { int64FromNumber, int64ToNumber } from '../../../protocol/int64.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { EventType, WatcherType, Xid } from '../../../protocol/watch-event.ts';
import {
  connectResponse,
  frame,
  notification,
  PASSWORD,
  type ReceivedRequest,
  readRequest,
  reply,
  SESSION_ID,
} from './server-frames.ts';

const OPTIONS: SessionOptions = {
  endpoints: [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ],
  sessionTimeoutMs: 6000,
  requestTimeoutMs: null,
  reconnectMinMs: 100,
  reconnectMaxMs: 1000,
  maxFrameBytes: 1000,
  maxPendingCount: 4,
  readOnly: false,
  resume: null,
};

type TestRequest = {
  readonly name: string;
  readonly frame: Buffer;
  readonly decode: (reader: JuteReader) => unknown;
  readonly watch: WatchRegistration | null;
  readonly removal: WatchRemoval | null;
};

function request(name: string, facts: Partial<TestRequest> = {}): TestRequest {
  return {
    name,
    frame: encodeBareFrame(OpCode.whoAmI),
    decode: () => undefined,
    watch: null,
    removal: null,
    ...facts,
  };
}

/** Plays the network, the server and the clock for one session, and writes down what it does. */
class Stage {
  readonly session: Session<TestRequest>;
  nowMs = 1000;
  /** What the session sent since this was last looked at. */
  sent: Buffer[] = [];
  /** All other outputs since this was last looked at, in short. */
  seen: string[] = [];
  readonly values: unknown[] = [];
  readonly events: WatchEvent[] = [];

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Session({ ...OPTIONS, ...options }, () => 0.5);
  }

  /** A session that a server has just accepted. */
  static connected(options: Partial<SessionOptions> = {}): Stage {
    const stage = new Stage(options);
    stage.step({ kind: 'start' });
    stage.accept();
    stage.take();
    return stage;
  }

  accept(response: Buffer = connectResponse()): void {
    this.step({ kind: 'socketOpened' });
    this.receive(response);
  }

  step(input: SessionInput<TestRequest>): void {
    for (const output of this.session.step(this.nowMs, input)) this.#note(output);
  }

  submit(name: string, facts: Partial<TestRequest> = {}): void {
    this.step({ kind: 'request', request: request(name, facts) });
  }

  receive(...frames: readonly Buffer[]): void {
    this.step({ kind: 'received', chunk: Buffer.concat(frames) });
  }

  /** Lets the time come that the session waits for; answers how long that was. */
  waitForDeadline(): number {
    const { deadline } = this.session;
    assert(deadline !== undefined, 'the session waits for something');
    const waitedMs = deadline - this.nowMs;
    this.nowMs = deadline;
    this.step({ kind: 'timeout' });
    return waitedMs;
  }

  /** Drops the connection and lets the next one be accepted. */
  reconnect(): void {
    this.step({ kind: 'socketClosed', reason: 'test' });
    this.waitForDeadline();
    this.take();
    this.accept();
  }

  take(): string[] {
    const { seen } = this;
    this.seen = [];
    this.sent = [];
    return seen;
  }

  requests(): ReceivedRequest[] {
    return this.sent.map((bytes) => readRequest(bytes));
  }

  #note(output: SessionOutput<TestRequest>): void {
    switch (output.kind) {
      case 'send':
        this.sent.push(output.bytes);
        break;
      case 'openSocket':
        this.seen.push(`open ${output.endpoint.host}`);
        break;
      case 'closeSocket':
        this.seen.push('close');
        break;
      case 'state':
        this.seen.push(output.state);
        break;
      case 'attemptFailed':
        this.seen.push(`failed at ${output.endpoint.host}: ${output.reason}`);
        break;
      case 'answered':
        this.seen.push(`${output.request.name} ok`);
        this.values.push(output.value);
        break;
      case 'failed':
        this.seen.push(`${output.request.name} ${output.code}`);
        break;
      case 'watch':
        this.events.push(output.event);
        this.seen.push(`${output.event.type} ${output.event.path} x${output.listeners.length}`);
        for (const listener of output.listeners) listener(output.event);
        break;
    }
  }
}

function watch(path: string, facts: Partial<WatchRegistration> = {}): WatchRegistration {
  return { path, listener: () => {}, kind: 'data', kindIfMissing: null, ...facts };
}

test('a new session asks for one with id 0 and is connected when the server grants it', () => {
  const stage = new Stage();
  stage.step({ kind: 'start' });
  assert.deepEqual(stage.take(), ['open a']);
  stage.step({ kind: 'socketOpened' });
  const asked = readConnectRequest(new JuteReader().reset(stage.sent[0] ?? Buffer.alloc(0), 4));
  assert.deepEqual(asked, {
    protocolVersion: 0,
    lastZxidSeen: int64FromNumber(0),
    timeOut: 6000,
    sessionId: int64FromNumber(0),
    passwd: Buffer.alloc(16),
    readOnly: false,
  });
  assert.equal(stage.sent[0]?.length, 4 + 45);
  stage.receive(connectResponse({ timeOut: 4000 }));
  assert.deepEqual(stage.take(), ['connected']);
  assert.equal(stage.session.timeoutMs, 4000);
  assert.deepEqual(stage.session.identity, {
    id: SESSION_ID,
    password: PASSWORD,
    lastZxidSeen: int64FromNumber(0),
  });
});

test('a reconnect asks for the same session and tells the last zxid seen', () => {
  const stage = Stage.connected();
  stage.submit('r');
  stage.receive(reply({ xid: 1, zxid: 77 }));
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  assert.deepEqual(stage.take(), ['r ok', 'disconnected']);
  stage.waitForDeadline();
  assert.deepEqual(stage.take(), ['open b']);
  stage.step({ kind: 'socketOpened' });
  const asked = readConnectRequest(new JuteReader().reset(stage.sent[0] ?? Buffer.alloc(0), 4));
  assert.deepEqual(asked.sessionId, SESSION_ID);
  assert.deepEqual(asked.passwd, PASSWORD);
  assert.equal(int64ToNumber(asked.lastZxidSeen), 77);
});

test('a session of an earlier client is taken up with its id, password and zxid', () => {
  const resume = { id: SESSION_ID, password: PASSWORD, lastZxidSeen: int64FromNumber(5) };
  const stage = new Stage({ resume });
  stage.step({ kind: 'start' });
  stage.step({ kind: 'socketOpened' });
  const asked = readConnectRequest(new JuteReader().reset(stage.sent[0] ?? Buffer.alloc(0), 4));
  assert.deepEqual(asked.sessionId, SESSION_ID);
  assert.deepEqual(asked.passwd, PASSWORD);
  assert.equal(int64ToNumber(asked.lastZxidSeen), 5);
});

test('a session of a server without quorum is not taken to another server', () => {
  const stage = new Stage({ readOnly: true });
  stage.step({ kind: 'start' });
  stage.accept(connectResponse({ readOnly: true }));
  assert.equal(stage.session.state, 'connectedReadOnly');
  stage.reconnect();
  const asked = readConnectRequest(new JuteReader().reset(stage.sent[0] ?? Buffer.alloc(0), 4));
  assert.equal(asked.readOnly, true);
  assert.equal(int64ToNumber(asked.sessionId), 0);
});

test('timeout 0 in the answer means that the session has expired, and that is final', () => {
  const stage = Stage.connected();
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  stage.submit('waiting');
  stage.waitForDeadline();
  stage.take();
  stage.accept(connectResponse({ timeOut: 0 }));
  assert.deepEqual(stage.take(), ['close', `waiting ${ErrorCode.SESSIONEXPIRED}`, 'expired']);
  stage.submit('late');
  assert.deepEqual(stage.take(), [`late ${ErrorCode.SESSIONEXPIRED}`]);
  assert.equal(stage.session.deadline, undefined);
});

test('every server is tried in turn, with longer waits after every round', () => {
  const stage = new Stage();
  stage.step({ kind: 'start' });
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    stage.step({ kind: 'socketClosed', reason: 'refused' });
    waits.push(stage.waitForDeadline());
  }
  assert.deepEqual(
    stage.take().filter((line) => line.startsWith('open')),
    ['open a', 'open b', 'open a', 'open b', 'open a', 'open b', 'open a'],
  );
  // Random is 0.5: half of 100 in the first round, then three quarters of 200 and of 400.
  assert.deepEqual(waits, [50, 50, 150, 150, 300, 300]);
});

test('an attempt gets its share of the session timeout, handshake included', () => {
  for (const isOpen of [false, true]) {
    const stage = new Stage();
    stage.step({ kind: 'start' });
    if (isOpen) {
      stage.nowMs += 100;
      stage.step({ kind: 'socketOpened' });
    }
    stage.take();
    assert.equal(stage.waitForDeadline(), isOpen ? 1900 : 2000);
    const reason = isOpen ? 'no answer to the handshake in time' : 'not connected in time';
    assert.deepEqual(stage.take(), ['close', `failed at a: ${reason}`]);
  }
});

test('replies answer the requests in order, with what they decode', () => {
  const stage = Stage.connected();
  stage.submit('one', { decode: (r) => r.readString() });
  stage.submit('two', { decode: (r) => r.readInt() });
  assert.deepEqual(
    stage.requests().map(({ xid, type }) => [xid, type]),
    [
      [1, OpCode.whoAmI],
      [2, OpCode.whoAmI],
    ],
  );
  stage.receive(
    reply({ xid: 1, body: (w) => w.writeString('x') }),
    reply({ xid: 2, body: (w) => w.writeInt(7) }),
  );
  assert.deepEqual(stage.take(), ['one ok', 'two ok']);
  assert.deepEqual(stage.values, ['x', 7]);
});

test('an answer may come in single bytes', () => {
  const stage = Stage.connected();
  stage.submit('one', { decode: (r) => r.readString() });
  for (const byte of reply({ xid: 1, body: (w) => w.writeString('slow') })) {
    stage.receive(Buffer.of(byte));
  }
  assert.deepEqual(stage.values, ['slow']);
});

test('an error in the header fails the request with that code and reads no body', () => {
  const stage = Stage.connected();
  stage.submit('one', { decode: () => assert.fail('there is no body') });
  stage.receive(reply({ xid: 1, err: ErrorCode.NOAUTH }));
  assert.deepEqual(stage.take(), [`one ${ErrorCode.NOAUTH}`]);
});

test('what was sent is lost with the connection, what was not is sent on the next one', () => {
  const stage = Stage.connected();
  stage.submit('sent');
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  stage.submit('unsent');
  assert.deepEqual(stage.take(), [`sent ${ErrorCode.CONNECTIONLOSS}`, 'disconnected']);
  stage.waitForDeadline();
  stage.take();
  stage.accept();
  assert.deepEqual(
    stage
      .requests()
      .map(({ xid }) => xid)
      .slice(1),
    [2],
  );
  stage.receive(reply({ xid: 2 }));
  assert.deepEqual(stage.take(), ['connected', 'unsent ok']);
});

for (const [what, bytes] of [
  ['a reply out of order', reply({ xid: 2 })],
  ['a frame over the limit', Buffer.from([0, 0, 4, 0])],
  ['a negative length', Buffer.from([255, 255, 255, 255])],
  ['a reply that ends early', frame((w) => w.writeInt(1))],
  ['a body that ends early', reply({ xid: 1, body: (w) => w.writeInt(100) })],
] as const) {
  test(`${what} ends the connection, not the session`, () => {
    const stage = Stage.connected();
    stage.submit('one', { decode: (r) => r.readString() });
    stage.receive(bytes);
    assert.deepEqual(stage.take(), ['close', `one ${ErrorCode.CONNECTIONLOSS}`, 'disconnected']);
    stage.waitForDeadline();
    assert.deepEqual(stage.take(), ['open b']);
  });
}

test('a reply that nobody waits for ends the connection', () => {
  const stage = Stage.connected();
  stage.receive(reply({ xid: 1 }));
  assert.deepEqual(stage.take(), ['close', 'disconnected']);
});

test('a ping goes out when nothing was sent for almost half of the read timeout', () => {
  const stage = Stage.connected();
  // Read timeout 4000, half of it 2000, 1000 early.
  assert.equal(stage.waitForDeadline(), 1000);
  assert.deepEqual(
    stage.requests().map(({ xid, type }) => [xid, type]),
    [[Xid.PING, OpCode.ping]],
  );
  stage.receive(reply({ xid: Xid.PING }));
  assert.deepEqual(stage.take(), []);
  stage.nowMs += 600;
  stage.submit('one');
  assert.equal(stage.session.deadline, stage.nowMs + 1000, 'a request is a sign of life, too');
});

test('a server that is silent for two thirds of the session timeout is left', () => {
  const stage = Stage.connected();
  const silentFromMs = stage.nowMs;
  while (stage.session.state === 'connected') stage.waitForDeadline();
  assert.equal(stage.nowMs - silentFromMs, 4000);
  assert.deepEqual(stage.take(), ['close', 'disconnected']);
});

test('a session that no server has confirmed for four thirds of its timeout is given up', () => {
  const stage = Stage.connected();
  const heardMs = stage.nowMs;
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  while (stage.session.state !== 'expired') {
    stage.waitForDeadline();
    stage.step({ kind: 'socketClosed', reason: 'refused' });
  }
  assert.equal(stage.nowMs - heardMs, 8000);
});

test('a client that never had a session goes on trying', () => {
  const stage = new Stage();
  stage.step({ kind: 'start' });
  while (stage.nowMs < 1_000_000) stage.waitForDeadline();
  assert.equal(stage.session.state, 'connecting');
});

test('an overdue request fails and takes the connection with it, for nothing behind it can be answered', () => {
  const stage = Stage.connected({ requestTimeoutMs: 500 });
  stage.submit('late');
  stage.nowMs += 100;
  stage.submit('behind');
  assert.equal(stage.waitForDeadline(), 400);
  assert.deepEqual(stage.take(), [
    `late ${ErrorCode.REQUESTTIMEOUT}`,
    'close',
    `behind ${ErrorCode.CONNECTIONLOSS}`,
    'disconnected',
  ]);
});

test('an overdue request that was never sent fails alone', () => {
  const stage = Stage.connected({ requestTimeoutMs: 30 });
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  stage.submit('waiting');
  stage.take();
  assert.equal(stage.waitForDeadline(), 30);
  assert.deepEqual(stage.take(), [`waiting ${ErrorCode.REQUESTTIMEOUT}`]);
  stage.waitForDeadline();
  assert.deepEqual(stage.take(), ['open b']);
});

test('more requests than may wait are refused at once', () => {
  const stage = Stage.connected();
  for (const name of ['1', '2', '3', '4', '5']) stage.submit(name);
  assert.deepEqual(stage.take(), [`5 ${ErrorCode.THROTTLEDOP}`]);
});

test('an event finds the listener of the very reply before it, and one-shot watches fire once', () => {
  const stage = Stage.connected();
  stage.submit('get', { watch: watch('/a') });
  stage.receive(
    reply({ xid: 1 }),
    notification({ type: EventType.NodeDataChanged, path: '/a', zxid: 9 }),
    notification({ type: EventType.NodeDataChanged, path: '/a', zxid: 10 }),
  );
  assert.deepEqual(stage.take(), ['get ok', 'NodeDataChanged /a x1', 'NodeDataChanged /a x0']);
  assert.deepEqual(stage.events[0]?.zxid, int64FromNumber(9));
});

test('a watch is only set by an answer that sets it on the server', () => {
  const cases = [
    { err: 0, kindIfMissing: null, listeners: 1 },
    { err: ErrorCode.NONODE, kindIfMissing: null, listeners: 0 },
    { err: ErrorCode.NONODE, kindIfMissing: 'exist', listeners: 1 },
    { err: ErrorCode.NOAUTH, kindIfMissing: 'exist', listeners: 0 },
  ] as const;
  for (const { err, kindIfMissing, listeners } of cases) {
    const stage = Stage.connected();
    stage.submit('r', { watch: watch('/a', { kindIfMissing }) });
    stage.receive(reply({ xid: 1, err }));
    stage.take();
    stage.receive(notification({ type: EventType.NodeCreated, path: '/a' }));
    assert.deepEqual(stage.take(), [`NodeCreated /a x${listeners}`]);
  }
});

test('a notification does not count as seen: more of the same multi may be under way', () => {
  const stage = Stage.connected();
  stage.receive(notification({ type: EventType.NodeDeleted, path: '/a', zxid: 40 }));
  assert.equal(int64ToNumber(stage.session.identity?.lastZxidSeen ?? int64FromNumber(-1)), 0);
});

test('a new connection is told who we are, then the watches, then what waited', () => {
  const stage = Stage.connected();
  stage.step({ kind: 'addAuth', request: request('auth') });
  stage.submit('get', { watch: watch('/a') });
  stage.submit('ls', { watch: watch('/a', { kind: 'child' }) });
  stage.receive(reply({ xid: Xid.AUTH }), reply({ xid: 1, zxid: 5 }), reply({ xid: 2, zxid: 6 }));
  assert.deepEqual(stage.take(), ['auth ok', 'get ok', 'ls ok']);
  stage.step({ kind: 'socketClosed', reason: 'reset' });
  stage.submit('queued');
  stage.waitForDeadline();
  stage.take();
  stage.accept();
  const [, auth, setWatches, queued] = stage.requests();
  assert.equal(auth?.xid, Xid.AUTH);
  assert.equal(setWatches?.xid, Xid.SET_WATCHES);
  assert.equal(setWatches.type, OpCode.setWatches);
  assert.deepEqual(readSetWatches(setWatches.body), {
    relativeZxid: int64FromNumber(6),
    dataWatches: ['/a'],
    existWatches: [],
    childWatches: ['/a'],
  });
  assert.equal(queued?.xid, 3);
  stage.receive(
    reply({ xid: Xid.AUTH }),
    notification({ type: EventType.NodeChildrenChanged, path: '/a' }),
    reply({ xid: Xid.SET_WATCHES, zxid: 8 }),
    reply({ xid: 3 }),
  );
  assert.deepEqual(stage.take(), ['connected', 'NodeChildrenChanged /a x1', 'queued ok']);
});

test('persistent watches are told to a new connection with setWatches2, and stay after an event', () => {
  const stage = Stage.connected();
  stage.submit('add', { watch: watch('/p', { kind: 'persistent' }) });
  stage.submit('addRecursive', { watch: watch('/r', { kind: 'recursive' }) });
  stage.receive(
    reply({ xid: 1 }),
    reply({ xid: 2 }),
    notification({ type: EventType.NodeCreated, path: '/r/x/y' }),
    notification({ type: EventType.NodeCreated, path: '/p' }),
  );
  assert.deepEqual(stage.take().slice(2), ['NodeCreated /r/x/y x1', 'NodeCreated /p x1']);
  stage.reconnect();
  const [, setWatches] = stage.requests();
  assert.equal(setWatches?.type, OpCode.setWatches2);
  const told = readSetWatches2(setWatches.body);
  assert.deepEqual(told.persistentWatches, ['/p']);
  assert.deepEqual(told.persistentRecursiveWatches, ['/r']);
});

test('until the last batch of watches is confirmed nothing newer counts as seen', () => {
  const stage = Stage.connected({ maxPendingCount: 1000 });
  const longName = `/${'x'.repeat(60_000)}`;
  for (let i = 1; i <= 3; i += 1) {
    stage.submit('get', { watch: watch(`${longName}${i}`) });
    stage.receive(reply({ xid: i, zxid: i }));
  }
  stage.reconnect();
  assert.equal(stage.sent.length, 1 + 2, 'handshake and two batches');
  stage.receive(reply({ xid: Xid.SET_WATCHES, zxid: 50 }));
  const seen = (): number =>
    int64ToNumber(stage.session.identity?.lastZxidSeen ?? int64FromNumber(-1));
  assert.equal(seen(), 3);
  stage.receive(reply({ xid: Xid.SET_WATCHES, zxid: 51 }));
  assert.equal(seen(), 51);
});

test('watches that a server refuses are tried again on another connection', () => {
  const stage = Stage.connected();
  stage.submit('get', { watch: watch('/a') });
  stage.receive(reply({ xid: 1 }));
  stage.reconnect();
  stage.take();
  stage.receive(reply({ xid: Xid.SET_WATCHES, err: ErrorCode.THROTTLEDOP }));
  assert.deepEqual(stage.take(), ['close', 'disconnected']);
});

test('a removal takes the listeners out and tells them, before it is answered', () => {
  const stage = Stage.connected();
  stage.submit('get', { watch: watch('/a') });
  const removal = { path: '/a', type: WatcherType.Data, listener: null, local: false };
  stage.submit('remove', { removal });
  stage.receive(reply({ xid: 1 }), reply({ xid: 2 }));
  assert.deepEqual(stage.take(), ['get ok', 'DataWatchRemoved /a x1', 'remove ok']);
});

test('a removal that fails leaves the listeners, unless it was to be local', () => {
  for (const local of [false, true]) {
    const stage = Stage.connected();
    stage.submit('get', { watch: watch('/a') });
    const removal = { path: '/a', type: WatcherType.Any, listener: null, local };
    stage.submit('remove', { removal });
    stage.receive(reply({ xid: 1 }), reply({ xid: 2, err: ErrorCode.NOWATCHER }));
    assert.equal(stage.session.watches.has(WatcherType.Any, '/a'), !local);
  }
});

test('an authentication that is refused ends the session', () => {
  const stage = Stage.connected();
  stage.step({ kind: 'addAuth', request: request('auth') });
  stage.submit('one');
  stage.receive(reply({ xid: Xid.AUTH, err: ErrorCode.AUTHFAILED }));
  assert.deepEqual(stage.take(), [
    'close',
    `one ${ErrorCode.AUTHFAILED}`,
    `auth ${ErrorCode.AUTHFAILED}`,
    'authFailed',
  ]);
  stage.submit('late');
  assert.deepEqual(stage.take(), [`late ${ErrorCode.AUTHFAILED}`]);
});

test('an authentication that was under way when the connection dropped is answered on the next one', () => {
  const stage = Stage.connected();
  stage.step({ kind: 'addAuth', request: request('auth') });
  stage.reconnect();
  stage.receive(reply({ xid: Xid.AUTH }));
  assert.deepEqual(stage.take(), ['connected', 'auth ok']);
});

test('close ends the session behind the requests before it', () => {
  const stage = Stage.connected();
  stage.submit('before');
  stage.step({ kind: 'close' });
  stage.submit('after');
  assert.deepEqual(
    stage.requests().map(({ type }) => type),
    [OpCode.whoAmI, OpCode.closeSession],
  );
  stage.receive(reply({ xid: 1 }), reply({ xid: 2 }));
  assert.deepEqual(stage.take(), [
    `after ${ErrorCode.SESSIONEXPIRED}`,
    'before ok',
    'close',
    'closed',
  ]);
});

test('close while a server is tried ends the session as soon as it answers', () => {
  const stage = new Stage();
  stage.step({ kind: 'start' });
  stage.step({ kind: 'close' });
  stage.take();
  stage.accept();
  assert.equal(stage.requests().at(-1)?.type, OpCode.closeSession);
  stage.receive(reply({ xid: 1 }));
  assert.deepEqual(stage.take(), ['connected', 'close', 'closed']);
});

test('close without a connection is over at once, and so is one whose connection drops', () => {
  const waiting = Stage.connected();
  waiting.step({ kind: 'socketClosed', reason: 'reset' });
  waiting.take();
  waiting.step({ kind: 'close' });
  assert.deepEqual(waiting.take(), ['closed']);

  const dropped = Stage.connected();
  dropped.step({ kind: 'close' });
  dropped.step({ kind: 'socketClosed', reason: 'reset' });
  assert.deepEqual(dropped.take(), ['closed']);
});
