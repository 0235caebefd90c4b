/** Bytes that no client should send: each gets Apache ZooKeeper's answer, and nobody else notices. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OpCode } from '../../protocol/op-code.ts';
import { TARGETS } from '../interop/targets.ts';
import { type BadInput, BEFORE_THE_HANDSHAKE, WITH_A_SESSION } from './bad-input-cases.ts';
import { connectRequest, frame, RawClient, request } from './bad-input-raw-client.ts';
import { Witness } from './bad-input-witness.ts';

const PING_XID = -2;

/** ConnectResponse to a client whose session is not to be had: version, timeout, id, password, readOnly. */
const NO_SESSION = ['00000000', '00000000', '0'.repeat(16), '00000010', '0'.repeat(32), '00'].join(
  '',
);

async function answerTo(client: RawClient, input: BadInput): Promise<string> {
  client.send(input.bytes);
  client.send(frame(request(PING_XID, OpCode.ping)));
  // A reply may overtake the close that belongs to it, so wait for what must come, not for what comes first.
  const mustClose = input.answer.endsWith('closed');
  await client.until(() => !mustClose && client.replies().some(({ xid }) => xid === PING_XID));
  const replies = client.replies().filter(({ xid }) => xid !== PING_XID);
  client.close();
  return [
    ...replies.map(({ xid, err }) => `${xid}:${err}`),
    client.closed ? 'closed' : 'open',
  ].join(' ');
}

async function eachInputIsAnswered(
  t: TestContext,
  inputs: readonly BadInput[],
  open: () => Promise<RawClient>,
): Promise<void> {
  for (const input of inputs) {
    await t.test(input.name, async () => {
      assert.equal(await answerTo(await open(), input), input.answer);
    });
  }
}

for (const target of TARGETS) {
  test(`${target.name} before the handshake`, { skip: target.skip }, async (t) => {
    const { port } = await target.start(t);
    const witness = await Witness.start(port);
    await eachInputIsAnswered(t, BEFORE_THE_HANDSHAKE, () => RawClient.open(port));
    await witness.stop();
  });

  test(`${target.name} with a session`, { skip: target.skip }, async (t) => {
    const { port } = await target.start(t);
    const witness = await Witness.start(port, '/node');
    await eachInputIsAnswered(t, WITH_A_SESSION, () => RawClient.openSession(port));
    await witness.stop();
  });

  test(`${target.name} closes connections that do not finish their handshake`, {
    skip: target.skip,
  }, async (t) => {
    const { port } = await target.start(t, {
      properties: { 'zookeeper.nio.sessionlessCnxnTimeout': '1000' },
    });
    const witness = await Witness.start(port);
    const whole = frame(connectRequest());
    const halves = [0, 1, 3, 4, 5, 20, whole.length - 1].map((length) => whole.subarray(0, length));
    const clients = await Promise.all(halves.map(() => RawClient.open(port)));
    clients.forEach((client, i) => {
      client.send(halves[i] as Buffer);
    });
    await Promise.all(clients.map((client) => client.until(() => false)));
    assert.deepEqual(
      clients.map(({ received }) => received.length),
      halves.map(() => 0),
    );
    await witness.stop();
  });

  test(`${target.name} answers odd but valid handshakes`, { skip: target.skip }, async (t) => {
    const { port } = await target.start(t);
    const inPieces = await RawClient.open(port);
    for (const byte of frame(connectRequest({ timeoutMs: 5_000 }))) inPieces.send(Buffer.of(byte));
    const odd = [
      // Any version will do, and the timeout is brought into the server's range (1 to 10 s here).
      { bytes: connectRequest({ timeoutMs: -5 }), timeoutMs: 1_000, closes: false },
      { bytes: connectRequest({ timeoutMs: 0x7fffffff }), timeoutMs: 10_000, closes: false },
      {
        bytes: Buffer.concat([connectRequest(), Buffer.alloc(100)]),
        timeoutMs: 10_000,
        closes: false,
      },
      { bytes: connectRequest({ passwd: null }), timeoutMs: 10_000, closes: false },
      { bytes: connectRequest({ passwd: Buffer.alloc(500) }), timeoutMs: 10_000, closes: false },
      // A session that never was, one that is never given, and one with a password of the wrong length.
      {
        bytes: connectRequest({ sessionId: { hi: 0x1000000, lo: 5 } }),
        timeoutMs: 0,
        closes: true,
      },
      { bytes: connectRequest({ sessionId: { hi: -1, lo: -1 } }), timeoutMs: 0, closes: true },
      {
        bytes: connectRequest({ sessionId: { hi: 0x1000000, lo: 5 }, passwd: Buffer.alloc(3) }),
        timeoutMs: 0,
        closes: true,
      },
    ];
    for (const { bytes, timeoutMs, closes } of odd) {
      const client = await RawClient.open(port);
      client.send(frame(bytes));
      await client.until(() => !closes && client.frames().length > 0);
      const answer = client.frames()[0];
      assert.ok(answer !== undefined);
      assert.equal(answer.readInt32BE(0), 0, 'the protocol version');
      assert.equal(answer.readInt32BE(4), timeoutMs);
      assert.equal(client.closed, closes);
      if (closes) assert.equal(answer.toString('hex'), NO_SESSION);
      client.close();
    }
    await inPieces.until(() => inPieces.frames().length > 0);
    assert.equal(inPieces.frames()[0]?.readInt32BE(4), 5_000);
    inPieces.close();
  });
}
