/**
 * What storage needs from the outside world. `io/` holds the real ones; the simulator brings its own, and one suite of
 * tests holds both to the promises below (`test/unit/storage/disk-conformance.ts`).
 *
 * Paths are the operating system's, with `/`. Errors are Node's system errors or look like them: `code` says ENOSPC, EIO, ...
 */

/** How a Disk reports the end of an operation; never called before the operation that it belongs to has returned. */
export type Done = (error: Error | null) => void;

/**
 * The disk, as the txn log and recovery use it.
 *
 * What the writers of the log call takes a callback: there it is about not making garbage per batch. What happens
 * once, at start, answers a promise.
 */
export interface Disk {
  /**
   * Creates a file and opens it for writing. Fails with EEXIST if there is one of that name: a log file may hold
   * acknowledged txns, so none is ever opened for writing again.
   * The new name outlives a power cut only after `syncDirectory`.
   */
  createFile(path: string, options: CreateFileOptions, done: CreateFileDone): void;

  /** Makes the names in a directory durable: what was created, renamed or removed in it stays so after a power cut. */
  syncDirectory(path: string, done: Done): void;

  /** Makes a directory and those above it. Resolves once they would outlive a power cut; that it exists is no error. */
  makeDirectory(path: string): Promise<void>;

  /**
   * Keeps other servers on this machine out of a directory, until `unlockDirectory` or the end of the process, however it
   * comes. Rejects with EBUSY if one is in it; the message says which.
   */
  lockDirectory(path: string): Promise<void>;

  /** Takes back `lockDirectory`; without that it does nothing. */
  unlockDirectory(path: string, done: Done): void;

  /** What is in a directory, in no particular order; null if there is no such directory. */
  listDirectory(path: string): Promise<readonly DirectoryEntry[] | null>;

  /** Opens a file for reading. Fails with ENOENT if there is none. */
  openForReading(path: string): Promise<ReadableFile>;

  /** Makes what was written to a file, by whomever, durable. Fails with ENOENT if there is none. */
  syncFile(path: string): Promise<void>;

  /** Cuts a file to `bytes`, which must not be more than it has. Resolves once that would outlive a power cut. */
  truncate(path: string, bytes: number): Promise<void>;

  /** Removes a file. Resolves once that would outlive a power cut. Fails with ENOENT if there is none. */
  remove(path: string): Promise<void>;

  /** Renames a file within its directory, replacing a file of the new name. Resolves once that would outlive a power cut. */
  rename(from: string, to: string): Promise<void>;
}

export type CreateFileOptions = {
  /** Whether a completed write is durable. Otherwise it is when the operating system pleases. */
  readonly synchronous: boolean;
};

/** Exactly one of the two is null. */
export type CreateFileDone = (error: Error | null, file: WritableFile | null) => void;

/**
 * A file being written by its only writer. Its operations are not queued: start one when the one before is done, or
 * their order is anybody's guess.
 */
export interface WritableFile {
  /**
   * Writes bytes [offset, offset + length) of `bytes` at `position`, whole or with an error; after an error any part of
   * them may be in the file. `bytes` must not change until `done`. If the file is synchronous, the completion says: these
   * bytes, and a file size that includes them, outlive a power cut. A power cut in between may leave any of the bytes.
   */
  write(bytes: Buffer, offset: number, length: number, position: number, done: Done): void;

  /** Sets the size. The part that is new reads as zeros and need not have a place on the disk. Durable with the next write. */
  resize(bytes: number, done: Done): void;

  /** Closes the file. Nothing may follow. */
  close(done: Done): void;
}

export interface ReadableFile {
  /** The size when it was opened. */
  readonly bytes: number;
  /** Reads up to `length` bytes at `position` into `target` at `offset`; resolves with how many: fewer only at the end of the file. */
  read(target: Buffer, offset: number, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

export type DirectoryEntry = {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
};

/** The part of a server's clock that the txn log uses. */
export interface LogClock {
  /** Milliseconds, with fractions, of a clock that never jumps; its zero means nothing. */
  monotonicMs(): number;
  /** Calls `fire` once, not before `delayMs` from now. */
  setTimer(delayMs: number, fire: () => void): { cancel(): void };
}

/** Where storage says what it does; pino's shape, facts first. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
