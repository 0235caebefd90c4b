import assert from 'node:assert';
import { type Int64, JuteWriter, stringBytes } from 'jute-ts';
import { writeACL } from '../protocol/generated/data.ts';
import { int64ToHex } from '../protocol/int64.ts';
import { adler32 } from './adler32.ts';
import {
  NODE_TAIL_BYTES,
  SEAL_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_MARK,
  SNAPSHOT_VERSION,
  type SnapshotAcl,
  type SnapshotForm,
  type SnapshotSession,
  type SnapshotTrailer,
} from './snapshot-format.ts';
import { type SnapshotNode, STAT_PERSISTED_BYTES } from './snapshot-node.ts';

export type SnapshotWriterOptions = {
  /** Default 'file'. */
  readonly form?: SnapshotForm;
  /** Size of the chunks that the sink gets, the last one excepted. Default 256 KiB. */
  readonly chunkBytes?: number;
};

/** Takes the next bytes of the snapshot; they belong to it from then on, and the writer goes on with other memory. */
export type ChunkSink = (chunk: Buffer) => void;

const DEFAULT_CHUNK_BYTES = 256 << 10;
/** What is never split between two chunks fits in the smallest chunk. */
const MIN_CHUNK_BYTES = 256;
/** Up to here a loop copies faster than a call does (measured on Node 20). */
const LOOP_COPY_BYTES = 32;
const DBID = -1;

/**
 * Writes a snapshot in Apache's format (see snapshot-format.ts), in memory of one chunk:
 *
 *     const writer = new SnapshotWriter((chunk) => ...);
 *     writer.begin({ sessions, acls });
 *     writer.node(node);          // for every node, parents first
 *     writer.end({ digest, lastProcessedZxid });
 *
 * What it is given, it writes: that keys are in the table and parents come first is the caller's business.
 */
export class SnapshotWriter {
  readonly #sink: ChunkSink;
  readonly #isFile: boolean;
  readonly #chunkBytes: number;
  #chunk: Buffer;
  #view: DataView;
  #at = 0;
  /** The checksum of what came before `#summedAt` in the chunk. */
  #checksum = 1;
  #summedAt = 0;
  /** Bytes of the chunks before. */
  #emittedBytes = 0;

  constructor(sink: ChunkSink, options: SnapshotWriterOptions = {}) {
    this.#sink = sink;
    this.#isFile = (options.form ?? 'file') === 'file';
    this.#chunkBytes = Math.max(options.chunkBytes ?? DEFAULT_CHUNK_BYTES, MIN_CHUNK_BYTES);
    this.#chunk = Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#view = viewOf(this.#chunk);
  }

  /** Bytes written so far, whether the sink has them yet or not. */
  get bytes(): number {
    return this.#emittedBytes + this.#at;
  }

  /** Everything before the nodes. `OPEN_ACL_KEY` needs no entry. */
  begin(start: {
    readonly sessions: readonly SnapshotSession[];
    readonly acls: readonly SnapshotAcl[];
  }): void {
    if (this.#isFile) {
      this.#reserve(SNAPSHOT_HEADER_BYTES);
      this.#int(SNAPSHOT_MAGIC);
      this.#int(SNAPSHOT_VERSION);
      this.#long(DBID, DBID);
    }
    this.#reserve(4);
    this.#int(start.sessions.length);
    for (const { id, timeoutMs } of start.sessions) {
      this.#reserve(12);
      this.#int64(id);
      this.#int(timeoutMs);
    }
    this.#reserve(4);
    this.#int(start.acls.length);
    for (const acl of start.acls) this.#acl(acl);
  }

  /** Writes one node; nothing of it is kept. */
  node(node: SnapshotNode): void {
    const { bytes, pathBytes, dataBytes, aclKey, stat, statAt } = node;
    // A node in one chunk is read without being put together first.
    this.#prefer(8 + pathBytes + Math.max(dataBytes, 0) + NODE_TAIL_BYTES);
    this.#reserve(4);
    this.#int(pathBytes);
    this.#copy(bytes, node.pathAt, pathBytes);
    this.#reserve(4);
    this.#int(dataBytes);
    if (dataBytes > 0) this.#copy(bytes, node.dataAt, dataBytes);
    this.#reserve(NODE_TAIL_BYTES);
    this.#key(aclKey);
    const view = this.#view;
    const at = this.#at;
    for (let i = 0; i < STAT_PERSISTED_BYTES; i += 4) {
      view.setInt32(at + i, stat.getInt32(statAt + i));
    }
    this.#at = at + STAT_PERSISTED_BYTES;
  }

  /** Everything after the nodes, and the last chunk; the body has no trailer. */
  end(trailer: SnapshotTrailer): void {
    this.#reserve(SNAPSHOT_MARK.length);
    this.#copy(SNAPSHOT_MARK, 0, SNAPSHOT_MARK.length);
    if (this.#isFile) {
      this.#seal();
      this.#trailer(trailer);
    }
    if (this.#at > 0) this.#emit();
  }

  #trailer({ digest, lastProcessedZxid }: SnapshotTrailer): void {
    if (digest !== null) {
      this.#reserve(12);
      this.#int64(digest.zxid);
      this.#int(digest.version);
      if (digest.version >= 2) {
        this.#reserve(8);
        this.#int64(digest.value);
      } else {
        const hex = Buffer.from(int64ToHex(digest.value), 'latin1');
        this.#reserve(4 + hex.length);
        this.#int(hex.length);
        this.#copy(hex, 0, hex.length);
      }
      this.#seal();
    }
    if (lastProcessedZxid !== null) {
      this.#reserve(8);
      this.#int64(lastProcessedZxid);
      this.#seal();
    }
  }

  #acl({ key, acl }: SnapshotAcl): void {
    let bytes = 12;
    for (const { id } of acl) bytes += 4 + stringBytes(id.scheme) + stringBytes(id.id);
    const writer = new JuteWriter().reset(Buffer.allocUnsafe(bytes));
    assert(Number.isSafeInteger(key), 'an ACL key must be a safe integer');
    writer.writeLongParts(Math.floor(key / 0x1_0000_0000), key | 0);
    writer.writeCount(acl.length);
    for (const entry of acl) writeACL(writer, entry);
    this.#copy(writer.buffer, 0, bytes);
  }

  #seal(): void {
    this.#reserve(SEAL_BYTES);
    this.#sum();
    this.#long(0, this.#checksum);
    this.#copy(SNAPSHOT_MARK, 0, SNAPSHOT_MARK.length);
  }

  #key(key: number): void {
    if (key >= 0 && key <= 0x7fff_ffff) this.#long(0, key);
    else this.#long(Math.floor(key / 0x1_0000_0000), key | 0);
  }

  #int64(value: Int64): void {
    this.#long(value.hi, value.lo);
  }

  #long(hi: number, lo: number): void {
    this.#view.setInt32(this.#at, hi);
    this.#view.setInt32(this.#at + 4, lo);
    this.#at += 8;
  }

  #int(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Copies bytes, into as many chunks as it takes. */
  #copy(from: Buffer, start: number, length: number): void {
    let at = start;
    let left = length;
    while (left > 0) {
      if (this.#at === this.#chunkBytes) this.#emit();
      const piece = Math.min(left, this.#chunkBytes - this.#at);
      copyBytes(from, at, this.#chunk, this.#at, piece);
      this.#at += piece;
      at += piece;
      left -= piece;
    }
  }

  /** Makes room for `bytes`, which must be no more than MIN_CHUNK_BYTES. */
  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#chunkBytes) this.#emit();
  }

  /** Makes room for `bytes` if a chunk is large enough for them. */
  #prefer(bytes: number): void {
    if (this.#at + bytes > this.#chunkBytes && bytes <= this.#chunkBytes) this.#emit();
  }

  #sum(): void {
    const length = this.#at - this.#summedAt;
    this.#checksum = adler32(this.#chunk, this.#summedAt, length, this.#checksum);
    this.#summedAt = this.#at;
  }

  #emit(): void {
    if (this.#isFile) this.#sum();
    const full = this.#chunk.subarray(0, this.#at);
    this.#emittedBytes += this.#at;
    this.#chunk = Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#view = viewOf(this.#chunk);
    this.#at = 0;
    this.#summedAt = 0;
    this.#sink(full);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function copyBytes(from: Buffer, start: number, to: Buffer, at: number, bytes: number): void {
  if (bytes > LOOP_COPY_BYTES) {
    from.copy(to, at, start, start + bytes);
    return;
  }
  for (let i = 0; i < bytes; i++) to[at + i] = from[start + i]!;
}
