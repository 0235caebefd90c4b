import type { CreateMode } from '../protocol/create-mode.ts';
import type { ACL } from '../protocol/generated/data.ts';
import type { MultiOp, MultiResult } from './multi.ts';

/** Gathers the steps of a multi. */
export class Transaction {
  readonly #ops: MultiOp[] = [];
  readonly #commit: (ops: readonly MultiOp[]) => Promise<readonly MultiResult[]>;

  constructor(commit: (ops: readonly MultiOp[]) => Promise<readonly MultiResult[]>) {
    this.#commit = commit;
  }

  create(
    path: string,
    data: Uint8Array | null = null,
    options: {
      readonly mode?: CreateMode;
      readonly acl?: readonly ACL[];
      readonly ttlMs?: number;
      readonly withStat?: boolean;
    } = {},
  ): this {
    this.#ops.push({ kind: 'create', path, data, ...options });
    return this;
  }

  delete(path: string, version: number = -1): this {
    this.#ops.push({ kind: 'delete', path, version });
    return this;
  }

  setData(path: string, data: Uint8Array | null, version: number = -1): this {
    this.#ops.push({ kind: 'setData', path, data, version });
    return this;
  }

  /** The node must be there, and at this version unless it is −1. */
  check(path: string, version: number = -1): this {
    this.#ops.push({ kind: 'check', path, version });
    return this;
  }

  /** Does all steps or none. Rejects with a MultiError that names the first that could not be done. */
  commit(): Promise<readonly MultiResult[]> {
    return this.#commit([...this.#ops]);
  }
}
