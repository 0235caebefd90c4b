import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Int64 } from 'jute-ts';
import { openClient } from '../../client/io/connect.ts';
import type { OkapiClient } from '../../client/okapi-client.ts';
import { isZkError } from '../../client/zk-error.ts';
import { CreateMode } from '../../protocol/create-mode.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { compareInt64, equalInt64, INT64_ZERO, int64ToHex } from '../../protocol/int64.ts';
import type { Random } from '../differential/random.ts';

/** Writes that one writer has waiting for their answers. */
const OUTSTANDING = 4;

/** What a node may be like after a crash: one of these data, or, with null, not there. */
type Allowed = readonly (string | null)[];

/**
 * A client that writes for as long as it is told to, over one session that outlives the server's crashes, and knows
 * what of it must be there afterwards.
 *
 * It has a node of its own, and below it one per round in which it writes:
 *
 *     /w3                   how many times it was set; only ever by one more
 *     /w3/r17               the 17th round
 *     /w3/r17/n-<id>        nodes of its own, some of them deleted again; some ephemeral
 *     /w3/r17/a-<id>, b-<id>   created and deleted by multis, both or neither
 *     /w3/r17/s-<sequence>  sequential nodes, with an id as data
 */
export class KillWriter {
  readonly client: OkapiClient;
  readonly #root: string;
  readonly #random: Random;
  #round = 0;
  #nextId = 0;
  #isWriting = false;
  /** Nodes that are sure to be there, with their data. */
  readonly #sure: Map<string, string> = new Map();
  /** Those of this round. */
  readonly #sureOfRound: Set<string> = new Set();
  /** Nodes of which a write was not answered. */
  readonly #unsure: Map<string, Allowed> = new Map();
  /** Ids of the sequential nodes whose create was not answered. */
  readonly #unsureSequential: Set<string> = new Set();
  readonly #ephemerals: Set<string> = new Set();
  /** How often the counter was set: acknowledged, and tried. */
  #counted = 0;
  #triedToCount = 0;
  #session: Int64 = INT64_ZERO;
  /** Acknowledged writes, in all rounds. */
  acknowledgedCount = 0;
  /** Writes without an answer, in all rounds. */
  unansweredCount = 0;
  /** The highest zxid that an answer has shown. */
  lastZxid: Int64 = INT64_ZERO;

  constructor(options: { servers: string; name: string; random: Random }) {
    this.#root = `/${options.name}`;
    this.#random = options.random;
    this.client = openClient({
      servers: options.servers,
      sessionTimeoutMs: 30_000,
      reconnectMinMs: 10,
      reconnectMaxMs: 100,
    });
  }

  async begin(): Promise<void> {
    await this.client.whenConnected();
    this.#session = this.client.session?.id ?? INT64_ZERO;
    await this.client.create(this.#root, Buffer.from('0'));
  }

  /** Begins a round; the answer of its first write. */
  async beginRound(): Promise<Int64> {
    this.#round++;
    this.#sureOfRound.clear();
    const { stat } = await this.client.createWithStat(this.#folder, Buffer.alloc(0));
    this.#sure.set(this.#folder, '');
    this.#see(stat.czxid);
    return stat.czxid;
  }

  /** Writes until `stop`. Resolves when all writes have been answered or have failed. */
  async write(): Promise<void> {
    this.#isWriting = true;
    await Promise.all(Array.from({ length: OUTSTANDING }, () => this.#writeOn()));
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isWriting = false;
  }

  /** Compares what is there with what must be; afterwards nothing is unsure. */
  async verifyRound(): Promise<void> {
    equal(this.client.state, 'connected');
    deepEqual(this.client.session?.id, this.#session, 'the session is the same');
    await this.#verifyCounter();
    const found = await this.#readFolder(this.#folder);
    this.#verifySequential(found);
    for (const [path, data] of found) {
      if (!this.#sure.has(path) && !this.#unsure.has(path))
        throw new Error(`${path}=${data} was never written`);
    }
    for (const [path, allowed] of this.#unsure) {
      const data = found.get(path) ?? null;
      ok(allowed.includes(data), `${path} is ${data}, and not one of ${allowed}`);
      this.#settle(path, data);
    }
    for (const path of this.#sureOfRound) equal(found.get(path), this.#sure.get(path), path);
    this.#verifyPairs(found);
    this.#unsure.clear();
  }

  /** All that was ever acknowledged, and that ephemerals belong to the session. */
  async verifyAll(): Promise<void> {
    const paths = [...this.#sure.keys()];
    const datas = await Promise.all(paths.map((path) => this.#read(path)));
    for (const [index, path] of paths.entries()) equal(datas[index], this.#sure.get(path), path);
    const folders = await this.client.getChildren(this.#root);
    equal(folders.length, this.#round);
    deepEqual(new Set(await this.client.getEphemerals(`${this.#root}/`)), this.#ephemerals);
  }

  /** Some of what was acknowledged in earlier rounds. */
  async verifySample(count: number): Promise<void> {
    const paths = [...this.#sure.keys()];
    const sample = Array.from({ length: Math.min(count, paths.length) }, () =>
      this.#random.pick(paths),
    );
    const datas = await Promise.all(sample.map((path) => this.#read(path)));
    for (const [index, path] of sample.entries()) equal(datas[index], this.#sure.get(path), path);
  }

  get #folder(): string {
    return `${this.#root}/r${this.#round}`;
  }

  // -- writing ----------------------------------------------------------------------------------

  async #writeOn(): Promise<void> {
    while (this.#isWriting) {
      const write = this.#random.weighted([
        [6, () => this.#count()],
        [3, () => this.#create({ ephemeral: false })],
        [1, () => this.#create({ ephemeral: true })],
        [2, () => this.#createSequential()],
        [2, () => this.#delete()],
        [2, () => this.#createPair()],
        [1, () => this.#deletePair()],
        [1, () => this.#failMulti()],
      ]);
      await write();
    }
  }

  /** Makes the request; true if it was acknowledged, false if nobody knows. */
  async #acknowledged<T>(request: Promise<T>): Promise<T | null> {
    try {
      const answer = await request;
      this.acknowledgedCount++;
      return answer;
    } catch (error) {
      if (!isZkError(error, ErrorCode.CONNECTIONLOSS)) throw error;
      this.unansweredCount++;
      return null;
    }
  }

  async #count(): Promise<void> {
    const count = ++this.#triedToCount;
    const stat = await this.#acknowledged(
      this.client.setData(this.#root, Buffer.from(String(count))),
    );
    if (stat === null) return;
    this.#see(stat.mzxid);
    equal(stat.version, count, 'the counter has been set by nobody else');
    ok(count > this.#counted, 'requests of a session are done in order');
    this.#counted = count;
  }

  async #create(options: { ephemeral: boolean }): Promise<void> {
    const id = this.#newId();
    const path = `${this.#folder}/n-${id}`;
    const mode = options.ephemeral ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
    this.#unsure.set(path, [id, null]);
    if (options.ephemeral) this.#ephemerals.add(path);
    const node = await this.#acknowledged(
      this.client.createWithStat(path, Buffer.from(id), { mode }),
    );
    if (node === null) return;
    this.#see(node.stat.czxid);
    this.#settle(path, id);
  }

  async #createSequential(): Promise<void> {
    const id = this.#newId();
    this.#unsureSequential.add(id);
    const mode = CreateMode.PERSISTENT_SEQUENTIAL;
    const created = this.client.create(`${this.#folder}/s-`, Buffer.from(id), { mode });
    const path = await this.#acknowledged(created);
    if (path === null) return;
    ok(!this.#sure.has(path), `${path} was given out twice`);
    this.#unsureSequential.delete(id);
    this.#settle(path, id);
  }

  async #delete(): Promise<void> {
    const path = this.#anyOf(/\/n-/);
    if (path === null) return;
    const data = this.#sure.get(path) ?? null;
    this.#unsettle(path, [data, null]);
    if ((await this.#acknowledged(this.client.delete(path).then(() => true))) === null) return;
    this.#settle(path, null);
  }

  async #createPair(): Promise<void> {
    const id = this.#newId();
    const [a, b] = this.#pair(id);
    for (const path of [a, b]) this.#unsure.set(path, [id, null]);
    const data = Buffer.from(id);
    const created = this.client.transaction().create(a, data).create(b, data).commit();
    if ((await this.#acknowledged(created)) === null) return;
    for (const path of [a, b]) this.#settle(path, id);
  }

  async #deletePair(): Promise<void> {
    const path = this.#anyOf(/\/a-/);
    if (path === null) return;
    const id = this.#sure.get(path) ?? '';
    const pair = this.#pair(id);
    for (const each of pair) this.#unsettle(each, [id, null]);
    const [a, b] = pair;
    const deleted = this.client.transaction().delete(a).delete(b).commit();
    if ((await this.#acknowledged(deleted)) === null) return;
    for (const each of pair) this.#settle(each, null);
  }

  /** A multi that must leave nothing behind. */
  async #failMulti(): Promise<void> {
    const path = `${this.#folder}/n-${this.#newId()}`;
    this.#unsure.set(path, [null]);
    const refused = this.client
      .transaction()
      .create(path, null)
      .check(this.#root, 1_000_000)
      .commit()
      .then(
        () => false,
        (error: unknown) => {
          if (isZkError(error, ErrorCode.BADVERSION)) return true;
          throw error;
        },
      );
    const answer = await this.#acknowledged(refused);
    ok(answer !== false, 'a multi with a wrong version is refused');
  }

  // -- knowing ----------------------------------------------------------------------------------

  #newId(): string {
    return String(this.#nextId++);
  }

  #pair(id: string): [a: string, b: string] {
    return [`${this.#folder}/a-${id}`, `${this.#folder}/b-${id}`];
  }

  /** A node of this round that is sure to be there. */
  #anyOf(pattern: RegExp): string | null {
    const paths = [...this.#sureOfRound].filter((path) => pattern.test(path));
    return paths.length === 0 ? null : this.#random.pick(paths);
  }

  #settle(path: string, data: string | null): void {
    this.#unsure.delete(path);
    if (data !== null) {
      this.#sure.set(path, data);
      this.#sureOfRound.add(path);
      return;
    }
    this.#sure.delete(path);
    this.#sureOfRound.delete(path);
    this.#ephemerals.delete(path);
  }

  #unsettle(path: string, allowed: Allowed): void {
    this.#sure.delete(path);
    this.#sureOfRound.delete(path);
    this.#unsure.set(path, allowed);
  }

  #see(zxid: Int64): void {
    if (compareInt64(zxid, this.lastZxid) > 0) this.lastZxid = zxid;
  }

  // -- verifying --------------------------------------------------------------------------------

  async #verifyCounter(): Promise<void> {
    const { data, stat } = await this.client.getData(this.#root);
    const count = Number(data?.toString());
    ok(count >= this.#counted, `${this.#root} was set to ${this.#counted}, and is ${count}`);
    ok(
      count <= this.#triedToCount,
      `${this.#root} is ${count}, and was never set to more than ${this.#triedToCount}`,
    );
    equal(stat.version, count, 'every set counts once');
    this.#counted = count;
    this.#triedToCount = count;
  }

  #verifySequential(found: Map<string, string>): void {
    for (const [path, id] of found) {
      if (!path.startsWith(`${this.#folder}/s-`) || this.#sure.has(path)) continue;
      ok(this.#unsureSequential.delete(id), `${path}=${id} was never written`);
      this.#settle(path, id);
    }
    this.#unsureSequential.clear();
  }

  #verifyPairs(found: Map<string, string>): void {
    for (const path of found.keys()) {
      if (path.includes('/a-'))
        ok(found.has(path.replace('/a-', '/b-')), `${path} has no other half`);
      if (path.includes('/b-'))
        ok(found.has(path.replace('/b-', '/a-')), `${path} has no other half`);
    }
  }

  async #readFolder(folder: string): Promise<Map<string, string>> {
    const names = await this.client.getChildren(folder);
    const paths = names.map((name) => `${folder}/${name}`);
    const datas = await Promise.all(paths.map((path) => this.#read(path)));
    return new Map(paths.map((path, index) => [path, datas[index] ?? '']));
  }

  async #read(path: string): Promise<string> {
    const { data, stat } = await this.client.getData(path);
    const owner = this.#ephemerals.has(path) ? this.#session : INT64_ZERO;
    ok(
      equalInt64(stat.ephemeralOwner, owner),
      `${path} belongs to ${int64ToHex(stat.ephemeralOwner)}`,
    );
    return data?.toString() ?? '';
  }
}
