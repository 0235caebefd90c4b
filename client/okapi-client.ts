import type { Int64 } from 'jute-ts';
import { CreateMode } from '../protocol/create-mode.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ACL, ClientInfo } from '../protocol/generated/data.ts';
import { INT64_MINUS_ONE, INT64_ZERO } from '../protocol/int64.ts';
import { OPEN_ACL_UNSAFE } from '../protocol/permission.ts';
import { AddWatchMode, WatcherType } from '../protocol/watch-event.ts';
import { Chroot } from './chroot.ts';
import { type ClientOptions, resolveOptions } from './client-options.ts';
import type { Endpoint } from './connect-string.ts';
import {
  MultiError,
  type MultiOp,
  type MultiReadOp,
  type MultiReadResult,
  type MultiResult,
  multi,
  multiRead,
} from './multi.ts';
import type { NodeStat } from './node-stat.ts';
import * as operations from './operations.ts';
import type { ClientPorts, Clock } from './ports.ts';
import type { Request, WatchRegistration } from './request.ts';
import { type Delivery, SessionDriver } from './session-driver.ts';
import type { SessionIdentity, SessionState } from './session-events.ts';
import { Transaction } from './transaction.ts';
import type { WatchEvent, WatchKind, WatchListener } from './watch.ts';
import { isZkError, ZkError } from './zk-error.ts';

/** Called with every change of state; `reason` says why where there is something to say. */
export type StateListener = (state: SessionState, reason: string | null) => void;

export type CreateOptions = {
  /** Default PERSISTENT. */
  readonly mode?: CreateMode;
  /** Default: everybody may do everything. */
  readonly acl?: readonly ACL[];
  /** For the TTL modes: the node may go when it has no children and has not changed for this long. */
  readonly ttlMs?: number;
};

export type WatchOptions = { readonly watch?: WatchListener };

/** A request and who waits for it. */
type Call = Request<unknown> & {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

/**
 * A session with a ZooKeeper ensemble. Requests answer with promises, in the order in which they were made, and fail with
 * ZkError. `connect` (io/connect.ts) makes one; this class itself touches no socket.
 */
export class OkapiClient {
  readonly #driver: SessionDriver<Call>;
  readonly #chroot: Chroot;
  readonly #maxFrameBytes: number;
  readonly #clock: Clock;
  readonly #stateListeners = new Set<StateListener>();
  readonly #watchListeners = new Set<WatchListener>();
  #lastFailure: string | null = null;

  /**
   * Nothing happens before `start`.
   *
   * @throws ConnectStringError
   */
  constructor(options: ClientOptions, ports: ClientPorts) {
    const { session, chroot, maxFrameBytes } = resolveOptions(options);
    this.#chroot = new Chroot(chroot);
    this.#maxFrameBytes = maxFrameBytes;
    this.#clock = ports.clock;
    this.#driver = new SessionDriver<Call>(session, ports, (delivery) =>
      this.#onDelivery(delivery),
    );
  }

  /** Begins to look for a server. Requests may be made before; they wait. */
  start(): void {
    this.#driver.step({ kind: 'start' });
  }

  get state(): SessionState {
    return this.#driver.session.state;
  }

  /** What another client needs to take this session up; null before the first connection. The password is a secret. */
  get session(): SessionIdentity | null {
    return this.#driver.session.identity;
  }

  /** The session timeout that the server has granted, ms. */
  get sessionTimeoutMs(): number {
    return this.#driver.session.timeoutMs;
  }

  /** The zxid of the latest state this client has seen. */
  get lastZxidSeen(): Int64 {
    return this.session?.lastZxidSeen ?? INT64_ZERO;
  }

  /** The server in use, or being tried. */
  get endpoint(): Endpoint | null {
    return this.#driver.session.endpoint;
  }

  /** Why the last attempt to connect failed, or why the connection was lost; null if neither ever happened. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  /** Calls `listener` with every change of state from now on; answers how to stop that. */
  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Calls `listener` with every watch event of this client, before the watch's own listener; answers how to stop that. */
  onWatch(listener: WatchListener): () => void {
    this.#watchListeners.add(listener);
    return () => this.#watchListeners.delete(listener);
  }

  /**
   * Resolves when requests are answered, at once if they are. Rejects with SESSIONEXPIRED or AUTHFAILED if that cannot
   * happen any more.
   */
  whenConnected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: SessionState): boolean => {
        if (state === 'connected' || state === 'connectedReadOnly') resolve();
        else if (state === 'authFailed' || state === 'expired' || state === 'closed') {
          const code = state === 'authFailed' ? ErrorCode.AUTHFAILED : ErrorCode.SESSIONEXPIRED;
          reject(new ZkError({ code, path: null, operation: 'connect' }));
        } else return false;
        return true;
      };
      if (settle(this.state)) return;
      const stop = this.onState((state) => {
        if (settle(state)) stop();
      });
    });
  }

  // --- nodes

  /** Creates a node and resolves with its path, which a sequential mode has completed. */
  async create(
    path: string,
    data: Uint8Array | null = null,
    options: CreateOptions = {},
  ): Promise<string> {
    const facts = createFacts(data, options);
    return this.#chroot.toClient(await this.#call(operations.create(this.#path(path), facts)));
  }

  /** Creates a node and resolves with its path and Stat. */
  async createWithStat(
    path: string,
    data: Uint8Array | null = null,
    options: CreateOptions = {},
  ): Promise<operations.CreatedNode> {
    const facts = createFacts(data, options);
    const node = await this.#call(operations.createWithStat(this.#path(path), facts));
    return { path: this.#chroot.toClient(node.path), stat: node.stat };
  }

  /** Deletes a node that has no children, if its version is `version` or that is −1. */
  async delete(path: string, version: number = -1): Promise<void> {
    await this.#call(operations.deleteNode(this.#path(path), version));
  }

  /** The node's Stat, or null if there is none. A watch is set either way, and tells of its creation in the latter. */
  async exists(path: string, options: WatchOptions = {}): Promise<NodeStat | null> {
    const watch = this.#watch(path, { kind: 'data', kindIfMissing: 'exist', ...options });
    try {
      return await this.#call(operations.exists(this.#path(path), watch));
    } catch (error) {
      if (isZkError(error, ErrorCode.NONODE)) return null;
      throw error;
    }
  }

  async getData(path: string, options: WatchOptions = {}): Promise<operations.NodeData> {
    const watch = this.#watch(path, { kind: 'data', ...options });
    return await this.#call(operations.getData(this.#path(path), watch));
  }

  /** Replaces a node's data, if its version is `version` or that is −1. */
  async setData(path: string, data: Uint8Array | null, version: number = -1): Promise<NodeStat> {
    return await this.#call(operations.setData(this.#path(path), { data, version }));
  }

  /** Without the right to ADMIN the node, the hashes of digest ids come masked. */
  async getACL(path: string): Promise<operations.NodeAcl> {
    return await this.#call(operations.getACL(this.#path(path)));
  }

  /** Replaces a node's ACL, if its aversion is `version` or that is −1. */
  async setACL(path: string, acl: readonly ACL[], version: number = -1): Promise<NodeStat> {
    return await this.#call(operations.setACL(this.#path(path), { acl, version }));
  }

  /** The names (not paths) of the children, in no order. */
  async getChildren(path: string, options: WatchOptions = {}): Promise<readonly string[]> {
    const watch = this.#watch(path, { kind: 'child', ...options });
    return await this.#call(operations.getChildren(this.#path(path), watch));
  }

  async getChildrenWithStat(
    path: string,
    options: WatchOptions = {},
  ): Promise<operations.NodeChildren> {
    const watch = this.#watch(path, { kind: 'child', ...options });
    return await this.#call(operations.getChildrenWithStat(this.#path(path), watch));
  }

  /** Resolves when the server in use has caught up with all that was committed before. */
  async sync(path: string): Promise<void> {
    await this.#call(operations.sync(this.#path(path)));
  }

  /** The paths of this session's ephemeral nodes whose path begins with `prefix` (by characters, not by names). */
  async getEphemerals(prefix: string = '/'): Promise<readonly string[]> {
    const paths = await this.#call(operations.getEphemerals(this.#path(prefix)));
    return paths.map((path) => this.#chroot.toClient(path));
  }

  /** How many descendants a node has. */
  async getAllChildrenNumber(path: string): Promise<number> {
    return await this.#call(operations.getAllChildrenNumber(this.#path(path)));
  }

  // --- several at once

  /** Does all of `ops` or none. Rejects with a MultiError that names the step that could not be done. */
  async multi(ops: readonly MultiOp[]): Promise<readonly MultiResult[]> {
    for (const op of ops) this.#path(op.path);
    const results = await this.#call(multi(ops, this.#chroot));
    if (results instanceof MultiError) throw results;
    return results;
  }

  /** The same, step by step: `client.transaction().check('/a', 3).setData('/b', data).commit()`. */
  transaction(): Transaction {
    return new Transaction((ops) => this.multi(ops));
  }

  /** Reads several nodes in one request, at one state of the tree; each read succeeds or fails by itself. */
  async multiRead(ops: readonly MultiReadOp[]): Promise<readonly MultiReadResult[]> {
    for (const op of ops) this.#path(op.path);
    return await this.#call(multiRead(ops, this.#chroot));
  }

  // --- watches

  /**
   * Watches a node until told otherwise, over events and reconnects: it and its children, or with `recursive` it and
   * all below it (then without NodeChildrenChanged). The node need not exist.
   */
  async addWatch(
    path: string,
    listener: WatchListener,
    options: { readonly recursive?: boolean } = {},
  ): Promise<void> {
    const recursive = options.recursive === true;
    const watch = this.#watch(path, {
      kind: recursive ? 'recursive' : 'persistent',
      watch: listener,
    });
    const mode = recursive ? AddWatchMode.PERSISTENT_RECURSIVE : AddWatchMode.PERSISTENT;
    if (watch !== null) await this.#call(operations.addWatch(this.#path(path), { mode, watch }));
  }

  /**
   * Ends this client's watches of a type on a node: all, or those of one listener. Listeners that are taken out get a
   * last `…WatchRemoved` event. Rejects with NOWATCHER if there is none; with `local` they are taken out even if the
   * server cannot be told.
   */
  async removeWatches(
    path: string,
    type: WatcherType = WatcherType.Any,
    options: { readonly listener?: WatchListener; readonly local?: boolean } = {},
  ): Promise<void> {
    const { listener, local } = options;
    const to = this.#path(path);
    const { watches } = this.#driver.session;
    if (!watches.has(type, to.server, listener)) {
      throw new ZkError({ code: ErrorCode.NOWATCHER, path, operation: 'removeWatches' });
    }
    const removal = { path: to.server, type, listener: listener ?? null, local: local === true };
    const stillUsed = listener !== undefined && watches.hasOthers(type, to.server, listener);
    await this.#call(operations.removeWatches(to, { removal, stillUsed }));
  }

  /** Resolves if the server has a watch of this type for this connection; rejects with NOWATCHER if not. */
  async checkWatches(path: string, type: WatcherType): Promise<void> {
    await this.#call(operations.checkWatches(this.#path(path), type));
  }

  // --- who and where

  /**
   * Authenticates this session, now and after every reconnect; identities add up. Resolves when a server has accepted.
   * A refusal ends the session (`authFailed`).
   */
  async addAuth(scheme: string, credentials: string | Uint8Array): Promise<void> {
    const bytes = typeof credentials === 'string' ? Buffer.from(credentials) : credentials;
    await this.#submit('addAuth', operations.auth(scheme, bytes));
  }

  /** As whom the server knows this connection. */
  async whoAmI(): Promise<readonly ClientInfo[]> {
    return await this.#call(operations.whoAmI());
  }

  /** The ensemble's configuration: the data of /zookeeper/config, whatever the chroot. */
  async getConfig(options: WatchOptions = {}): Promise<operations.NodeData> {
    const to = { client: CONFIG_PATH, server: CONFIG_PATH };
    const watch: WatchRegistration | null =
      options.watch === undefined
        ? null
        : { path: CONFIG_PATH, listener: options.watch, kind: 'data', kindIfMissing: null };
    return await this.#call(operations.getData(to, watch));
  }

  /** Changes the ensemble's members, and resolves with the new configuration. */
  async reconfig(change: {
    readonly joining?: string;
    readonly leaving?: string;
    readonly newMembers?: string;
    readonly fromConfig?: Int64;
  }): Promise<operations.NodeData> {
    const facts = {
      joining: change.joining ?? null,
      leaving: change.leaving ?? null,
      newMembers: change.newMembers ?? null,
      fromConfig: change.fromConfig ?? INT64_MINUS_ONE,
    };
    return await this.#call(operations.reconfig(facts));
  }

  /**
   * Ends the session: its ephemeral nodes go at once. If the client is not connected there is nobody to tell, and they
   * go when the session times out. Resolves when it is over, in any way; later requests fail with SESSIONEXPIRED.
   */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.onState((state) => {
        if (state !== 'closed' && state !== 'expired' && state !== 'authFailed') return;
        stop();
        resolve();
      });
      if (isFinal(this.state)) {
        stop();
        resolve();
        return;
      }
      this.#driver.step({ kind: 'close' });
    });
  }

  // --- how it is done

  #call<T>(request: Request<T>): Promise<T> {
    return this.#submit('request', request);
  }

  #submit<T>(kind: 'request' | 'addAuth', request: Request<T>): Promise<T> {
    const { operation, path } = request;
    if (request.frame.length - 4 > this.#maxFrameBytes) {
      // A server would drop the connection, which would look like a loss of it.
      const code = ErrorCode.MARSHALLINGERROR;
      return Promise.reject(new ZkError({ code, path, operation }));
    }
    return new Promise<T>((resolve, reject) => {
      const call: Call = { ...request, resolve: (value) => resolve(value as T), reject };
      this.#driver.step({ kind, request: call });
    });
  }

  #onDelivery(delivery: Delivery<Call>): void {
    // biome-ignore lint/nursery/useExhaustiveSwitchCases: it loses the cases of a generic union
    switch (delivery.kind) {
      case 'answered':
        delivery.request.resolve(delivery.value);
        break;
      case 'failed': {
        const { operation, path } = delivery.request;
        delivery.request.reject(new ZkError({ code: delivery.code, path, operation }));
        break;
      }
      case 'watch':
        this.#onWatchEvent(delivery.event, delivery.listeners);
        break;
      case 'state':
        this.#lastFailure = delivery.reason ?? this.#lastFailure;
        for (const listener of [...this.#stateListeners]) {
          this.#guard(() => listener(delivery.state, delivery.reason));
        }
        break;
      case 'attemptFailed':
        this.#lastFailure = delivery.reason;
        break;
    }
  }

  #onWatchEvent(serverEvent: WatchEvent, listeners: readonly WatchListener[]): void {
    const event = { ...serverEvent, path: this.#chroot.toClient(serverEvent.path) };
    for (const listener of [...this.#watchListeners, ...listeners]) {
      this.#guard(() => listener(event));
    }
  }

  /** A listener's mistake must neither be lost nor keep others from hearing: it becomes an uncaught exception. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#clock.defer(() => {
        throw error;
      });
    }
  }

  /** @throws ZkError BADARGUMENTS: behind a chroot such a path would leave it */
  #path(path: string): operations.RequestPath {
    if (!path.startsWith('/')) {
      throw new ZkError({
        code: ErrorCode.BADARGUMENTS,
        path,
        operation: "a path must begin with '/':",
      });
    }
    return { client: path, server: this.#chroot.toServer(path) };
  }

  #watch(
    path: string,
    facts: {
      readonly kind: WatchKind;
      readonly kindIfMissing?: WatchKind;
      readonly watch?: WatchListener;
    },
  ): WatchRegistration | null {
    if (facts.watch === undefined) return null;
    return {
      path: this.#chroot.toServer(path),
      listener: facts.watch,
      kind: facts.kind,
      kindIfMissing: facts.kindIfMissing ?? null,
    };
  }
}

const CONFIG_PATH = '/zookeeper/config';

function isFinal(state: SessionState): boolean {
  return state === 'closed' || state === 'expired' || state === 'authFailed';
}

function createFacts(data: Uint8Array | null, options: CreateOptions): operations.CreateFacts {
  return {
    data,
    acl: options.acl ?? OPEN_ACL_UNSAFE,
    mode: options.mode ?? CreateMode.PERSISTENT,
    ttlMs: options.ttlMs ?? 0,
  };
}
