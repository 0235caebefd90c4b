/**
 * A disk in memory that can lose power, run full and fail, all from one seed.
 *
 * It promises what `Disk` promises and no more: what was not made durable may be gone after `crash`, whole or in part.
 * Operations wait until `step` carries one out, so that a test decides what happens while a write is under way.
 */
import type {
  CreateFileDone,
  CreateFileOptions,
  DirectoryEntry,
  Disk,
  Done,
  ReadableFile,
  WritableFile,
} from '../../storage/ports.ts';
import type { Random } from '../differential/random.ts';

/** How much of a write that was under way reaches the disk when the power fails. */
export type TearMode =
  /** Its first bytes, cut at any byte. */
  | 'prefix'
  /** Any of its sectors, each whole or not at all. */
  | 'sectors';

export type SimDiskOptions = {
  readonly random: Random;
  /** Default 'prefix'. */
  readonly tearMode?: TearMode;
};

const SECTOR_BYTES = 512;

/** An error like those of Node's `fs`. */
export function diskError(
  code: 'EIO' | 'ENOSPC' | 'ENOENT' | 'EEXIST' | 'EBUSY',
  what: string,
): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

/** A change of a file's content: bytes at a position, or a new size. */
type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly bytes: number };

class Inode {
  /** What a reader sees. */
  current: Buffer;
  /** What outlives a power cut. */
  durable: Buffer;
  /** The changes between the two, in order. */
  unsynced: Change[] = [];
  /** The changes that were under way when the machine or the process stopped. */
  readonly interrupted: Change[] = [];

  constructor(content: Buffer) {
    this.current = content;
    this.durable = content;
  }

  change(change: Change): void {
    this.current = changed(this.current, change);
    this.unsynced.push(change);
  }

  sync(): void {
    this.durable = this.current;
    this.unsynced = [];
  }
}

function changed(content: Buffer, change: Change): Buffer {
  const size =
    change.kind === 'resize'
      ? change.bytes
      : Math.max(content.length, change.position + change.bytes.length);
  const next = Buffer.alloc(size);
  content.copy(next);
  if (change.kind === 'write') change.bytes.copy(next, change.position);
  return next;
}

/** An operation that has been asked for and not been carried out. */
type Pending = {
  /** Carries it out whole and reports success. */
  complete(): void;
  /** Fails it; part of a write may get through. */
  fail(error: Error): void;
  /** What the power cut leaves of it. */
  tear(): void;
};

export class SimDisk implements Disk {
  readonly #random: Random;
  readonly #tearMode: TearMode;
  /** Names and what they stand for, as they are and as they would be after a power cut. */
  readonly #names: Map<string, Inode> = new Map();
  readonly #durableNames: Map<string, Inode> = new Map();
  readonly #directories: Set<string>;
  readonly #locks: Set<string> = new Set();
  readonly #pending: Pending[] = [];
  #failAt: { step: number; error: Error } | null = null;
  #steps = 0;

  /** @param directories those that are there from the start, durably. */
  constructor(options: SimDiskOptions, directories: Iterable<string> = []) {
    this.#random = options.random;
    this.#tearMode = options.tearMode ?? 'prefix';
    this.#directories = new Set(directories);
  }

  /** Operations carried out so far. */
  get steps(): number {
    return this.#steps;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Lets the operation that is carried out as number `step` (from 0) fail with `error`. */
  failAt(step: number, error: Error): void {
    this.#failAt = { step, error };
  }

  /** Carries out one of the operations that wait, any of them; false if none does. */
  step(): boolean {
    if (this.#pending.length === 0) return false;
    const index = this.#random.below(this.#pending.length);
    const operation = this.#pending.splice(index, 1)[0];
    const step = this.#steps++;
    if (this.#failAt?.step === step) operation?.fail(this.#failAt.error);
    else operation?.complete();
    return true;
  }

  /** Carries out operations until `promise` is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (let idle = 0; !isSettled; idle++) {
      if (idle > 1000) throw new Error('the disk has nothing to do, and still the promise waits');
      await null;
      if (this.step()) idle = 0;
    }
    return promise;
  }

  /** The disk as it is after a power cut at this moment; this one does nothing any more. */
  crash(): SimDisk {
    this.#tearPending();
    const next = this.#successor();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      // Of a name that was made or removed and not synced nobody knows.
      const isSure = this.#names.get(path) === this.#durableNames.get(path);
      const names = isSure || this.#random.chance(50) ? this.#names : this.#durableNames;
      const inode = names.get(path);
      if (inode === undefined) continue;
      const changes = [...inode.unsynced, ...inode.interrupted];
      const content = changes
        .flatMap((change) => this.#partOf(change))
        .reduce(changed, inode.durable);
      next.putFile(path, content);
    }
    return next;
  }

  /**
   * The disk as it is after the process was killed; this one does nothing any more. All that was written is there to be
   * read, and what was not durable still is not.
   */
  kill(): SimDisk {
    this.#tearPending();
    const next = this.#successor();
    for (const inode of new Set(this.#names.values())) {
      for (const change of inode.interrupted.splice(0)) {
        for (const part of this.#partOf(change)) inode.change(part);
      }
    }
    for (const [path, inode] of this.#names) next.#names.set(path, inode);
    for (const [path, inode] of this.#durableNames) next.#durableNames.set(path, inode);
    return next;
  }

  #tearPending(): void {
    for (const operation of this.#pending) operation.tear();
    this.#pending.length = 0;
  }

  #successor(): SimDisk {
    return new SimDisk({ random: this.#random, tearMode: this.#tearMode }, this.#directories);
  }

  /** Puts a file there, durably, without the ways of the port; for tests that bring their own bytes. */
  putFile(path: string, bytes: Buffer): void {
    const inode = new Inode(Buffer.from(bytes));
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** The bytes of a file as a reader sees them; undefined if there is none. */
  contentOf(path: string): Buffer | undefined {
    const content = this.#names.get(path)?.current;
    return content === undefined ? undefined : Buffer.from(content);
  }

  /** All files, sorted. */
  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  // -- Disk -------------------------------------------------------------------------------------

  createFile(path: string, options: CreateFileOptions, done: CreateFileDone): void {
    const create = (): WritableFile => {
      const inode = new Inode(Buffer.alloc(0));
      this.#names.set(path, inode);
      return new SimFile(inode, options.synchronous, this.#context);
    };
    this.#pending.push({
      complete: () => {
        if (this.#names.has(path)) done(diskError('EEXIST', path), null);
        else if (!this.#directories.has(directoryOf(path))) done(diskError('ENOENT', path), null);
        else done(null, create());
      },
      fail: (error) => done(error, null),
      tear: () => {
        if (this.#random.chance(50) && !this.#names.has(path)) create();
      },
    });
  }

  syncDirectory(path: string, done: Done): void {
    this.#pending.push({
      complete: () => {
        this.#syncNames(path);
        done(null);
      },
      fail: done,
      tear: () => {},
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operation(() => {
      const parts = path.split('/');
      for (let count = 1; count <= parts.length; count++) {
        this.#directories.add(parts.slice(0, count).join('/'));
      }
    });
  }

  async lockDirectory(path: string): Promise<void> {
    if (!this.#directories.has(path)) throw diskError('ENOENT', path);
    if (this.#locks.has(path)) throw diskError('EBUSY', `${path} is in use by this process`);
    this.#locks.add(path);
  }

  unlockDirectory(path: string, done: Done): void {
    this.#pending.push({
      complete: () => {
        this.#locks.delete(path);
        done(null);
      },
      fail: done,
      tear: () => {},
    });
  }

  async listDirectory(path: string): Promise<readonly DirectoryEntry[] | null> {
    if (!this.#directories.has(path)) return null;
    const nameOf = (full: string): string => full.slice(path.length + 1);
    const files = [...this.#names.keys()].filter((file) => directoryOf(file) === path);
    const directories = [...this.#directories].filter((dir) => directoryOf(dir) === path);
    return [
      ...files.map((file) => ({ name: nameOf(file), kind: 'file' as const })),
      ...directories.map((dir) => ({ name: nameOf(dir), kind: 'directory' as const })),
    ];
  }

  async openForReading(path: string): Promise<ReadableFile> {
    const content = this.#inode(path).current;
    return {
      bytes: content.length,
      read: async (target, offset, length, position) =>
        content.copy(target, offset, position, Math.min(position + length, content.length)),
      close: async () => {},
    };
  }

  syncFile(path: string): Promise<void> {
    return this.#operation(() => this.#inode(path).sync());
  }

  truncate(path: string, bytes: number): Promise<void> {
    return this.#operation(() => {
      const inode = this.#inode(path);
      inode.change({ kind: 'resize', bytes });
      inode.sync();
    });
  }

  remove(path: string): Promise<void> {
    return this.#operation(() => {
      this.#inode(path);
      this.#names.delete(path);
      this.#durableNames.delete(path);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operation(() => {
      const inode = this.#inode(from);
      for (const names of [this.#names, this.#durableNames]) {
        names.delete(from);
        names.set(to, inode);
      }
    });
  }

  // -- how it is done ---------------------------------------------------------------------------

  /** An operation that is durable when it is done, and which a power cut finds done or not begun. */
  #operation(carryOut: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({
        complete: () => {
          try {
            carryOut();
            resolve();
          } catch (error) {
            reject(error);
          }
        },
        fail: reject,
        tear: () => {
          if (this.#random.chance(50)) carryOut();
        },
      });
    });
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw diskError('ENOENT', path);
    return inode;
  }

  #syncNames(directory: string): void {
    for (const path of this.#durableNames.keys()) {
      if (directoryOf(path) === directory && !this.#names.has(path))
        this.#durableNames.delete(path);
    }
    for (const [path, inode] of this.#names) {
      if (directoryOf(path) === directory) this.#durableNames.set(path, inode);
    }
  }

  /** What has come through of a change that was not completed, or not durable. */
  #partOf(change: Change): Change[] {
    if (change.kind === 'resize') return this.#random.chance(50) ? [change] : [];
    const { position, bytes } = change;
    if (this.#tearMode === 'prefix') {
      // Often all or nothing, which every byte in between would make rare.
      const cut = this.#random.pick([0, bytes.length, this.#random.below(bytes.length + 1)]);
      return cut === 0 ? [] : [{ ...change, bytes: bytes.subarray(0, cut) }];
    }
    const sectors: Change[] = [];
    for (let start = 0; start < bytes.length; ) {
      const toSectorEnd = SECTOR_BYTES - ((position + start) % SECTOR_BYTES);
      const end = Math.min(start + toSectorEnd, bytes.length);
      if (this.#random.chance(50)) {
        sectors.push({
          kind: 'write',
          position: position + start,
          bytes: bytes.subarray(start, end),
        });
      }
      start = end;
    }
    return sectors;
  }

  get #context(): FileContext {
    return { pending: this.#pending, random: this.#random };
  }
}

type FileContext = { readonly pending: Pending[]; readonly random: Random };

class SimFile implements WritableFile {
  readonly #inode: Inode;
  readonly #synchronous: boolean;
  readonly #context: FileContext;

  constructor(inode: Inode, synchronous: boolean, context: FileContext) {
    this.#inode = inode;
    this.#synchronous = synchronous;
    this.#context = context;
  }

  write(source: Buffer, offset: number, length: number, position: number, done: Done): void {
    const inode = this.#inode;
    // Read when it is carried out: a caller that reuses its buffer too early is found out.
    const bytes = (): Buffer => Buffer.from(source.subarray(offset, offset + length));
    this.#context.pending.push({
      complete: () => {
        inode.change({ kind: 'write', position, bytes: bytes() });
        if (this.#synchronous) inode.sync();
        done(null);
      },
      fail: (error) => {
        const part = bytes().subarray(0, this.#context.random.below(length + 1));
        inode.change({ kind: 'write', position, bytes: part });
        done(error);
      },
      tear: () => inode.interrupted.push({ kind: 'write', position, bytes: bytes() }),
    });
  }

  resize(bytes: number, done: Done): void {
    this.#context.pending.push({
      complete: () => {
        this.#inode.change({ kind: 'resize', bytes });
        done(null);
      },
      fail: done,
      tear: () => this.#inode.interrupted.push({ kind: 'resize', bytes }),
    });
  }

  close(done: Done): void {
    this.#context.pending.push({ complete: () => done(null), fail: done, tear: () => {} });
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
