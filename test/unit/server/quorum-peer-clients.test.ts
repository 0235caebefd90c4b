/** Clients that do anything at any time: what must hold all the while, and that nothing is left of them in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpCode } from '../../../protocol/op-code.ts';
import type { Config } from '../../../server/config/config-type.ts';
import { Random } from '../../differential/random.ts';
import { InProcessServer, simConfig } from '../../sim/in-process-server.ts';
import type { HandshakeOptions, NetworkClient } from '../../sim/network-client.ts';
import { addWatch, auth, create, onPath, read, setWatches2 } from '../../vectors/requests.ts';
import { PATHS, randomWrite } from './request/random-writes.ts';

type Credentials = Required<Pick<HandshakeOptions, 'sessionId' | 'passwd'>>;

/** A client and what is known of it. */
type Tracked = {
  readonly client: NetworkClient;
  /** xids that were sent and not answered, in order. */
  readonly waiting: number[];
  lastZxid: number;
  /** It has sent what is no frame: what is answered from then on says nothing. */
  sentGarbage: boolean;
};

const READS = [OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2];

/** Limits so low that they are often reached. */
function randomConfig(random: Random): Partial<Config> {
  const { requestThrottle, container } = simConfig();
  return {
    extendedTypesEnabled: true,
    globalOutstandingLimit: random.pick([1, 5, 1000]),
    maxClientCnxns: random.pick([0, 20]),
    requestThrottle: { ...requestThrottle, maxRequests: random.pick([null, 1, 3]) },
    throttledOpWaitMs: random.pick([null, 1000]),
    largeRequestThresholdBytes: random.pick([null, 60]),
    largeRequestMaxBytes: 400,
    flushDelayMs: random.pick([0, 0, 20]),
    maxWriteQueuePollMs: 10,
    container: { ...container, checkIntervalMs: 3000 },
  };
}

class Crowd {
  readonly #server: InProcessServer;
  readonly #random: Random;
  readonly #credentials: Credentials[] = [];
  #clients: Tracked[] = [];

  constructor(server: InProcessServer, random: Random) {
    this.#server = server;
    this.#random = random;
  }

  /** One of them does something. */
  act(): void {
    const random = this.#random;
    if (this.#clients.length === 0 || random.chance(10)) this.#connect();
    const one = random.pick(this.#clients);
    const roll = random.below(100);
    if (roll < 35) this.#send(one, randomWrite(random));
    else if (roll < 60) this.#send(one, this.#randomRead());
    else if (roll < 65) one.client.ping();
    else if (roll < 68) one.client.send(auth('digest', 'user:password'), -4);
    else if (roll < 70) one.client.send(auth(random.pick(['digest', 'nonsense']), 'x:y'), -4);
    else if (roll < 73) this.#send(one, { op: OpCode.closeSession, write: () => {} });
    else if (roll < 74) this.#send(one, { op: 999, write: () => {} });
    else if (roll < 77) one.client.connection.stall();
    else if (roll < 82) one.client.connection.unstall();
    else if (roll < 85) one.client.connection.finish();
    else if (roll < 88) one.client.connection.reset();
    else if (roll < 90) {
      one.sentGarbage = true;
      one.client.connection.send(random.bytes(random.below(20)));
    }
  }

  /** Takes what has come, and looks at it. */
  look(where: string): void {
    for (const one of this.#clients) {
      for (const frame of one.client.take()) {
        if (frame.kind === 'connected') {
          const { sessionId, passwd, timeOut } = frame.response;
          if (timeOut > 0) this.#credentials.push({ sessionId, passwd: Buffer.from(passwd!) });
          // What is unknown is answered at once, ahead of what is under way, and nothing follows it.
        } else if (
          frame.kind === 'reply' &&
          frame.xid > 0 &&
          !one.sentGarbage &&
          frame.err !== -6
        ) {
          assert.equal(frame.xid, one.waiting.shift(), `${where}: replies come in order`);
          if (frame.zxid.lo > 0) {
            assert(frame.zxid.lo >= one.lastZxid, `${where}: zxids do not go back`);
            one.lastZxid = frame.zxid.lo;
          }
        }
      }
    }
    this.#clients = this.#clients.filter(({ client }) => client.ended === undefined);
  }

  /** All of them go away. */
  leave(): void {
    for (const { client } of this.#clients) client.connection.reset();
  }

  #connect(): void {
    const random = this.#random;
    const client = this.#server.client();
    const resumed = random.chance(40) && this.#credentials.length > 0;
    client.sendHandshake({
      timeOutMs: random.pick([4000, 10_000]),
      ...(resumed ? random.pick(this.#credentials) : {}),
      ...(random.chance(5) ? { passwd: random.bytes(16) } : {}),
    });
    this.#clients.push({ client, waiting: [], lastZxid: 0, sentGarbage: false });
  }

  #send(one: Tracked, operation: Parameters<NetworkClient['send']>[0]): void {
    one.waiting.push(one.client.send(operation));
  }

  #randomRead(): Parameters<NetworkClient['send']>[0] {
    const random = this.#random;
    const path = random.pick(PATHS);
    switch (random.below(6)) {
      case 0:
        return addWatch(path, random.below(3));
      case 1:
        return setWatches2(
          { hi: 0, lo: random.below(50) },
          { dataWatches: [path], existWatches: [...PATHS], persistentRecursiveWatches: ['/'] },
        );
      case 2:
        return onPath(random.pick([OpCode.getACL, OpCode.sync, OpCode.getEphemerals]), path);
      case 3:
        return create(path, { flags: 1, data: random.pick(['', 'x'.repeat(100)]) });
      default:
        return read(random.pick(READS), path, random.chance(50));
    }
  }
}

function gauges(server: InProcessServer): Map<string, number> {
  const values = new Map<string, number>();
  server.peer.metrics.registry.dump((name, value) => values.set(name, Number(value)));
  return values;
}

test('whatever clients do, replies stay in order, and in the end nothing is left of them', async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = new Random(seed);
    const server = await InProcessServer.start({ seed, config: randomConfig(random) });
    const crowd = new Crowd(server, random);
    for (let step = 0; step < 300; step += 1) {
      crowd.act();
      if (random.chance(5)) server.isDiskHeld = !server.isDiskHeld;
      if (random.chance(60)) server.settle();
      else if (random.chance(50)) server.turn();
      if (random.chance(5)) server.advance(random.between(1, 3000));
      crowd.look(`seed ${seed} step ${step}`);
    }
    server.isDiskHeld = false;
    crowd.leave();
    // Until the last session has expired, and whatever may be reaped is reaped.
    server.advance(60_000);
    assert.deepEqual(server.fatals, []);
    const values = gauges(server);
    for (const name of [
      'num_alive_connections',
      'outstanding_requests',
      'watch_count',
      'ephemerals_count',
      'global_sessions',
    ]) {
      assert.equal(values.get(name), 0, `seed ${seed}: ${name}`);
    }
    const again = await server.crashAndRestart();
    assert.equal(again.recovery.digestMismatchCount, 0, `seed ${seed}`);
    assert.deepEqual(again.recovery.database.tree.digest, server.recovery.database.tree.digest);
  }
});
