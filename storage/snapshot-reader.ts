import assert from 'node:assert';
import type { Int64 } from 'jute-ts';
import type { ACL } from '../protocol/generated/data.ts';
import { adler32 } from './adler32.ts';
import { longAt } from './long-view.ts';
import { SnapshotError, type SnapshotErrorCode } from './snapshot-error.ts';
import {
  NODE_TAIL_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  type SnapshotForm,
  type SnapshotTrailer,
} from './snapshot-format.ts';
import { OPEN_ACL_KEY, type SnapshotNode } from './snapshot-node.ts';
import { MAX_TRAILER_BYTES, readTrailer } from './snapshot-trailer.ts';

export type SnapshotReaderOptions = {
  /** Path of the file, for errors. */
  readonly file: string;
  /** Default 'file'. */
  readonly form?: SnapshotForm;
  /**
   * Longest path or data, in bytes, and so about what the reader may take memory for. Default 256 MiB. It guards against
   * damaged lengths and is no limit for data: what is in a snapshot has been accepted, under whatever `jute.maxbuffer`.
   */
  readonly maxBufferBytes?: number;
  /**
   * Whether nodes may have ACL keys that are not in the table. In a snapshot that Apache's server took while a new ACL
   * came up they do: the table is written first. The logs that follow then have the ACL.
   */
  readonly allowUnknownAcls?: boolean;
};

/** What a snapshot holds, in the order of the file: sessions, ACLs, nodes. */
export interface SnapshotSink {
  session(id: Int64, timeoutMs: number): void;
  acl(key: number, acl: readonly ACL[]): void;
  /**
   * @param node good until it returns; the same object each time.
   * @param offset of the node in the snapshot, for errors.
   */
  node(node: SnapshotNode, offset: number): void;
}

export type SnapshotFacts = SnapshotTrailer & {
  readonly sessionCount: number;
  readonly aclCount: number;
  readonly nodeCount: number;
  /** Of the snapshot without compression. */
  readonly bytes: number;
};

/** Where the reader is: what comes next. */
const State = {
  HEADER: 0,
  SESSION_COUNT: 1,
  SESSION: 2,
  ACL_COUNT: 3,
  ACL: 4,
  ACL_ENTRY: 5,
  NODE: 6,
  TRAILER: 7,
  DONE: 8,
} as const;

const DEFAULT_MAX_BUFFER_BYTES = 256 << 20;
const SESSION_BYTES = 12;
/** The smallest ACL entry: perms and two empty strings. */
const MIN_ACL_BYTES = 12;
const FIRST_CARRY_BYTES = 64 << 10;
const SLASH = 0x2f;
const NO_BYTES = Buffer.alloc(0);

/**
 * Reads a snapshot in Apache's format (see snapshot-format.ts) from chunks of any size, in memory of one node:
 *
 *     const reader = new SnapshotReader(sink, { file });
 *     for (const chunk of chunks) reader.push(chunk);
 *     const facts = reader.end();
 *
 * Only what `end` has answered for is known to be what was written: the checksum comes after the nodes.
 *
 * deviates: Apache reads on over a section that the file breaks off in, and over the marks of seals; and it finds the last
 * sections by its own settings, here they are found by their sizes.
 */
export class SnapshotReader {
  readonly #sink: SnapshotSink;
  readonly #file: string;
  readonly #isFile: boolean;
  readonly #maxBufferBytes: number;
  readonly #allowUnknownAcls: boolean;
  #state: number;
  /** How many bytes of what comes next must be there to get on. */
  #needed: number;
  /** Where the bytes being read begin, in the snapshot. */
  #offset = 0;
  #checksum = 1;
  /** What was left of earlier chunks: the start of what comes next. */
  #carry: Buffer = NO_BYTES;
  #carryView: DataView = viewOf(NO_BYTES);
  #carryBytes = 0;
  /** Items still to come: sessions, ACLs, entries of an ACL. */
  #sessionsLeft = 0;
  #aclsLeft = 0;
  #entriesLeft = 0;
  #aclKey = 0;
  #aclEntries: ACL[] = [];
  readonly #aclKeys: Set<number> = new Set([OPEN_ACL_KEY]);
  /** The last key found in the table: most nodes have the one of the node before. */
  #knownAclKey: number = OPEN_ACL_KEY;
  #knownHi = -1;
  #knownLo = -1;
  #sessionCount = 0;
  #nodeCount = 0;
  readonly #node: SnapshotNode;

  constructor(sink: SnapshotSink, options: SnapshotReaderOptions) {
    this.#sink = sink;
    this.#file = options.file;
    this.#isFile = (options.form ?? 'file') === 'file';
    this.#maxBufferBytes = options.maxBufferBytes ?? DEFAULT_MAX_BUFFER_BYTES;
    this.#allowUnknownAcls = options.allowUnknownAcls ?? false;
    this.#state = this.#isFile ? State.HEADER : State.SESSION_COUNT;
    this.#needed = this.#isFile ? SNAPSHOT_HEADER_BYTES : 4;
    this.#node = {
      bytes: NO_BYTES,
      view: this.#carryView,
      pathAt: 0,
      pathBytes: 0,
      dataAt: 0,
      dataBytes: 0,
      aclKey: OPEN_ACL_KEY,
      stat: this.#carryView,
      statAt: 0,
    };
  }

  /** Whether all has been read: of a body, by its end; of a file never, only its end says so. */
  get isDone(): boolean {
    return this.#state === State.DONE;
  }

  /**
   * Reads the next bytes; they may change afterwards. Answers how many of them were used: all, but for what follows a body.
   *
   * @throws SnapshotError; what the sink throws
   */
  push(chunk: Buffer): number {
    let at = 0;
    while (this.#state < State.TRAILER && this.#carryBytes > 0 && at < chunk.length) {
      at += this.#pushToCarry(chunk, at);
    }
    if (this.#state < State.TRAILER && at < chunk.length) {
      at = this.#read(chunk, viewOf(chunk), at, chunk.length);
    }
    if (this.#state === State.DONE) return at;
    if (this.#state === State.TRAILER && this.#carryBytes + chunk.length - at > MAX_TRAILER_BYTES) {
      throw this.#error('BAD_STRUCTURE', MAX_TRAILER_BYTES, 'bytes follow the last seal');
    }
    this.#keep(chunk, at, chunk.length);
    return chunk.length;
  }

  /**
   * Checks that nothing is missing.
   *
   * @throws SnapshotError
   */
  end(): SnapshotFacts {
    if (this.#state < State.TRAILER) {
      throw this.#error(
        'TRUNCATED',
        0,
        `the snapshot ends after ${this.#carryBytes} bytes of ${this.#expected()}`,
      );
    }
    const rest = this.#carry.subarray(0, this.#carryBytes);
    const trailer = this.#isFile
      ? readTrailer(rest, { file: this.#file, offset: this.#offset, checksum: this.#checksum })
      : { digest: null, lastProcessedZxid: null };
    return {
      ...trailer,
      sessionCount: this.#sessionCount,
      aclCount: this.#aclKeys.size - 1,
      nodeCount: this.#nodeCount,
      bytes: this.#offset + rest.length,
    };
  }

  /** Adds to the bytes kept what they lack to get on, and gets on. Answers how many bytes that took. */
  #pushToCarry(chunk: Buffer, start: number): number {
    const bytes = Math.min(this.#needed - this.#carryBytes, chunk.length - start);
    this.#keep(chunk, start, start + bytes);
    if (this.#carryBytes < this.#needed) return bytes;
    const kept = this.#carryBytes;
    const used = this.#read(this.#carry, this.#carryView, 0, kept);
    assert(used === 0 || used === kept, 'what was needed must be what is used');
    this.#carryBytes = kept - used;
    return bytes;
  }

  #keep(from: Buffer, start: number, end: number): void {
    const bytes = this.#carryBytes + end - start;
    if (bytes > this.#carry.length) {
      // As large as what is there asks for, not as what is announced.
      const grown = Buffer.allocUnsafeSlow(Math.max(bytes * 2, FIRST_CARRY_BYTES));
      this.#carry.copy(grown, 0, 0, this.#carryBytes);
      this.#carry = grown;
      this.#carryView = viewOf(grown);
    }
    from.copy(this.#carry, this.#carryBytes, start, end);
    this.#carryBytes = bytes;
  }

  /** Reads what is complete in bytes [start, end), and answers where that ends. */
  #read(bytes: Buffer, view: DataView, start: number, end: number): number {
    // Positions in the snapshot are those in `bytes` and this.
    this.#offset -= start;
    let at = start;
    while (this.#state < State.NODE) {
      const next = this.#readItem(bytes, view, at, end);
      if (next === at) break;
      at = next;
    }
    if (this.#state === State.NODE) at = this.#readNodes(bytes, view, at, end);
    if (this.#isFile) this.#checksum = adler32(bytes, start, at - start, this.#checksum);
    this.#offset += at;
    return at;
  }

  /** Reads one item before the nodes; answers where it ends, or `at` if more is needed. */
  #readItem(bytes: Buffer, view: DataView, at: number, end: number): number {
    if (end - at < this.#needed) return at;
    switch (this.#state) {
      case State.HEADER:
        this.#onHeader(view, at);
        break;
      case State.SESSION_COUNT:
        this.#sessionsLeft = this.#count(view, at, 'sessions');
        break;
      case State.SESSION:
        this.#sink.session(longAt(view, at), view.getInt32(at + 8));
        this.#sessionsLeft--;
        this.#sessionCount++;
        break;
      case State.ACL_COUNT:
        this.#aclsLeft = this.#count(view, at, 'ACL lists');
        break;
      case State.ACL:
        this.#onAcl(view, at);
        break;
      default: {
        const bytesOfEntry = this.#readAclEntry(bytes, view, at, end);
        if (bytesOfEntry === 0) return at;
        this.#next();
        return at + bytesOfEntry;
      }
    }
    const used = this.#needed;
    this.#next();
    return at + used;
  }

  /** Goes on to what follows the item just read. */
  #next(): void {
    switch (this.#state) {
      case State.HEADER:
        this.#expect(State.SESSION_COUNT, 4);
        return;
      case State.SESSION_COUNT:
      case State.SESSION:
        if (this.#sessionsLeft > 0) this.#expect(State.SESSION, SESSION_BYTES);
        else this.#expect(State.ACL_COUNT, 4);
        return;
      case State.ACL_ENTRY:
        this.#entriesLeft--;
        break;
    }
    if (this.#state === State.ACL || this.#state === State.ACL_ENTRY) {
      if (this.#entriesLeft > 0) {
        this.#expect(State.ACL_ENTRY, MIN_ACL_BYTES);
        return;
      }
      this.#sink.acl(this.#aclKey, this.#aclEntries);
      this.#aclEntries = [];
      this.#aclsLeft--;
    }
    if (this.#aclsLeft > 0) this.#expect(State.ACL, 12);
    else this.#expect(State.NODE, 4);
  }

  #expect(state: number, needed: number): void {
    this.#state = state;
    this.#needed = needed;
  }

  #onHeader(view: DataView, at: number): void {
    const magic = view.getInt32(at);
    const version = view.getInt32(at + 4);
    if (magic === SNAPSHOT_MAGIC && version === SNAPSHOT_VERSION) return;
    const found = `${hex(magic)} ${hex(version)}`;
    throw this.#error(
      'NOT_A_SNAPSHOT',
      at,
      `the file begins with ${found}, not ${hex(SNAPSHOT_MAGIC)} ${hex(SNAPSHOT_VERSION)} (ZKSN, version 2)`,
      'this is no snapshot of ZooKeeper, or it is damaged: move it out of the directory',
    );
  }

  #count(view: DataView, at: number, what: string): number {
    const count = view.getInt32(at);
    if (count < 0) throw this.#error('BAD_LENGTH', at, `the number of ${what} is ${count}`);
    return count;
  }

  #onAcl(view: DataView, at: number): void {
    const key = view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
    if (!Number.isSafeInteger(key) || this.#aclKeys.has(key)) {
      const problem = Number.isSafeInteger(key) ? 'is there twice' : 'is out of range';
      throw this.#error('BAD_STRUCTURE', at, `the ACL key ${key} ${problem}`);
    }
    const count = this.#count(view, at + 8, `entries of ACL ${key}`);
    this.#aclKeys.add(key);
    this.#aclKey = key;
    this.#entriesLeft = count;
  }

  /** Bytes of the entry, perms:int scheme:ustring id:ustring; 0 if more are needed. */
  #readAclEntry(bytes: Buffer, view: DataView, at: number, end: number): number {
    const scheme = this.#length(view, at + 4, -1, 'the scheme of an ACL');
    const idAt = at + 8 + Math.max(scheme, 0);
    if (this.#lacks(at, idAt + 4, end)) return 0;
    const id = this.#length(view, idAt, -1, 'the id of an ACL');
    const entryEnd = idAt + 4 + Math.max(id, 0);
    if (this.#lacks(at, entryEnd, end)) return 0;
    this.#aclEntries.push({
      perms: view.getInt32(at),
      id: {
        scheme: scheme < 0 ? null : bytes.toString('utf8', at + 8, idAt),
        id: id < 0 ? null : bytes.toString('utf8', idAt + 4, entryEnd),
      },
    });
    return entryEnd - at;
  }

  /** Reads nodes as long as they are complete; answers where the last one ends. The hot loop of a load. */
  #readNodes(bytes: Buffer, view: DataView, start: number, end: number): number {
    const node = this.#node;
    node.bytes = bytes;
    node.view = view;
    node.stat = view;
    let at = start;
    for (;;) {
      if (this.#lacks(at, at + 4, end)) return at;
      const pathBytes = this.#length(view, at, 0, 'a path');
      const pathAt = at + 4;
      const dataLengthAt = pathAt + pathBytes;
      // The end is shorter than any node.
      if (pathBytes === 1) {
        if (this.#lacks(at, dataLengthAt, end)) return at;
        this.#onEnd(bytes, at);
        return dataLengthAt;
      }
      if (this.#lacks(at, dataLengthAt + 4, end)) return at;
      const dataBytes = this.#length(view, dataLengthAt, -1, 'the data');
      const dataAt = dataLengthAt + 4;
      const tailAt = dataBytes < 0 ? dataAt : dataAt + dataBytes;
      const next = tailAt + NODE_TAIL_BYTES;
      if (this.#lacks(at, next, end)) return at;
      node.pathAt = pathAt;
      node.pathBytes = pathBytes;
      node.dataAt = dataAt;
      node.dataBytes = dataBytes;
      node.aclKey = this.#knownKey(view, tailAt);
      node.statAt = tailAt + 8;
      // The root comes first and is the only one without a path; all others are below it.
      if ((pathBytes === 0) !== (this.#nodeCount === 0)) this.#refuseOrder(pathBytes, at);
      if (pathBytes > 0 && bytes[pathAt] !== SLASH) this.#refusePath(bytes, pathAt, pathBytes);
      this.#nodeCount++;
      this.#sink.node(node, this.#offset + at);
      at = next;
    }
  }

  #onEnd(bytes: Buffer, at: number): void {
    if (bytes[at + 4] !== SLASH) this.#refusePath(bytes, at + 4, 1);
    if (this.#nodeCount === 0) this.#refuseOrder(1, at);
    if (this.#isFile) this.#expect(State.TRAILER, 0);
    else this.#expect(State.DONE, 0);
  }

  #knownKey(view: DataView, at: number): number {
    const hi = view.getInt32(at);
    const lo = view.getInt32(at + 4);
    if (hi === this.#knownHi && lo === this.#knownLo) return this.#knownAclKey;
    const key = hi * 0x1_0000_0000 + (lo >>> 0);
    if (this.#aclKeys.has(key)) {
      this.#knownAclKey = key;
      this.#knownHi = hi;
      this.#knownLo = lo;
    } else if (!this.#allowUnknownAcls || !Number.isSafeInteger(key)) {
      throw this.#error(
        'BAD_STRUCTURE',
        at,
        `the ACL key ${key} of a node is not among the ${this.#aclKeys.size - 1} ACLs of the snapshot`,
      );
    }
    return key;
  }

  /** Whether bytes up to `to` are still to come; if so, notes that they are needed. */
  #lacks(from: number, to: number, end: number): boolean {
    this.#needed = to - from;
    return to > end;
  }

  #length(view: DataView, at: number, min: number, what: string): number {
    const length = view.getInt32(at);
    if (length >= min && length <= this.#maxBufferBytes) return length;
    const range = `${min}..${this.#maxBufferBytes}`;
    throw this.#error('BAD_LENGTH', at, `the length of ${what} is ${length}, not within ${range}`);
  }

  #refuseOrder(pathBytes: number, at: number): never {
    const problem =
      pathBytes === 0
        ? 'the root is there twice'
        : 'the first node is not the root (an empty path)';
    throw this.#error('BAD_STRUCTURE', at, problem);
  }

  #refusePath(bytes: Buffer, pathAt: number, pathBytes: number): never {
    const start = bytes.toString('latin1', pathAt, pathAt + Math.min(pathBytes, 60));
    throw this.#error(
      'BAD_STRUCTURE',
      pathAt - 4,
      `a path begins with ${JSON.stringify(start)}, not with a slash`,
    );
  }

  #expected(): string {
    switch (this.#state) {
      case State.HEADER:
        return 'the header';
      case State.SESSION_COUNT:
      case State.SESSION:
        return 'the sessions';
      case State.NODE:
        return `node ${this.#nodeCount + 1}`;
      default:
        return 'the ACLs';
    }
  }

  /** @param at position in the bytes being read. */
  #error(code: SnapshotErrorCode, at: number, problem: string, remedy?: string): SnapshotError {
    const facts = { code, file: this.#file, offset: this.#offset + at, problem };
    return new SnapshotError(remedy === undefined ? facts : { ...facts, remedy });
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function hex(int: number): string {
  return (int >>> 0).toString(16).padStart(8, '0');
}
