import { JuteWriter } from 'jute-ts';
import {
  sizeDeleteContainerRequest,
  writeDeleteContainerRequest,
} from '../protocol/generated/proto.ts';
import { INT64_ZERO, int64ToNumber } from '../protocol/int64.ts';
import { OpCode } from '../protocol/op-code.ts';
import type { DataTree } from '../storage/data-tree.ts';
import { ttlOfOwner } from '../storage/ephemeral-type.ts';
import type { Log } from '../storage/ports.ts';
import type { ContainerConfig } from './config/config-type.ts';
import type { Clock, Timer } from './ports.ts';
import type { RequestPipeline } from './request/pipeline.ts';

export type ContainerManagerParts = {
  readonly config: ContainerConfig;
  readonly tree: DataTree;
  readonly pipeline: RequestPipeline;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * The reaper: deletes containers that have lost their last child, and TTL nodes without children that were
 * not changed for their time. It only proposes; whether a node may go is decided again in its turn.
 */
export class ContainerManager {
  readonly #parts: ContainerManagerParts;
  readonly #intervalMs: number;
  #timer: Timer | null = null;

  constructor(parts: ContainerManagerParts) {
    this.#parts = parts;
    this.#intervalMs = 60_000 / parts.config.maxPerMinute;
  }

  start(): void {
    this.#schedule(this.#parts.config.checkIntervalMs, () => this.#reap(this.candidates()));
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** The paths that may go now. */
  candidates(): string[] {
    const { tree } = this.#parts;
    const paths = [...tree.containerPaths(), ...tree.ttlPaths()];
    return paths.filter((path) => this.#isCandidate(path));
  }

  #isCandidate(path: string): boolean {
    const { tree, clock, config } = this.#parts;
    const node = tree.find(path);
    if (node < 0 || tree.childCount(node) > 0) return false;
    const unchangedMs = clock.wallMs() - int64ToNumber(tree.mtime(node));
    const owner = tree.ephemeralOwner(node);
    if (owner.hi === CONTAINER_HI && owner.lo === 0) {
      // One that never had a child is perhaps just about to get its first.
      if (tree.cversion(node) > 0) return true;
      return config.maxNeverUsedMs !== null && unchangedMs > config.maxNeverUsedMs;
    }
    return unchangedMs > ttlOfOwner(owner);
  }

  /** Deletes one, and the others at intervals, so that a host of them does not crowd out clients. */
  #reap(paths: readonly string[], next = 0): void {
    const { config, pipeline, log } = this.#parts;
    const path = paths[next];
    if (path === undefined) {
      this.#schedule(config.checkIntervalMs, () => this.#reap(this.candidates()));
      return;
    }
    log.info({ path }, 'deleting an unused container or TTL node');
    const request = { path };
    const writer = new JuteWriter().reset(Buffer.allocUnsafe(sizeDeleteContainerRequest(request)));
    writeDeleteContainerRequest(writer, request);
    const origin = { connection: null, session: null, sessionId: INT64_ZERO, ids: [] };
    pipeline.submitOwn(origin, OpCode.deleteContainer, writer.buffer);
    this.#schedule(this.#intervalMs, () => this.#reap(paths, next + 1));
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#timer = this.#parts.clock.setTimer(delayMs, run);
  }
}

/** Upper half of a container's owner. */
const CONTAINER_HI = -0x8000_0000;
