/**
 * The snapshot as Apache ZooKeeper writes it (`FileSnap`, `SnapStream`, `SerializeUtils`, `DataTree.serialize`):
 *
 *     snapshot = header body seal [digest seal] [lastZxid seal]
 *     header   = magic:int ("ZKSN")  version:int (2)  dbid:long (−1)
 *     body     = count:int  {session:long timeout:int}*  count:int  {aclKey:long acl:vector<ACL>}*  node*  end
 *     node     = path:ustring  data:buffer  aclKey:long  StatPersisted (60 bytes)
 *     end      = path:ustring ("/")
 *     seal     = adler32:long  mark:ustring ("/")
 *     digest   = zxid:long  version:int  digest:long, or before version 2 digest:ustring (hexadecimal)
 *     lastZxid = zxid:long
 *
 * The root is the first node, with an empty path; a parent comes before its children. The checksum is that of all bytes
 * before it, earlier seals among them. Which of the last two sections are there depends on the settings of the server that
 * wrote the file. A learner gets the body alone, over the network.
 *
 * The whole may be compressed, which the end of the file's name says: `.gz`, or `.snappy` (see snappy-stream.ts).
 */
import type { Int64 } from 'jute-ts';
import type { ACL } from '../protocol/generated/data.ts';
import { int64FromHex, int64ToHex } from '../protocol/int64.ts';
import type { ReadableFile } from './ports.ts';
import { SNAPPY_MAGIC } from './snappy-stream.ts';
import { STAT_PERSISTED_BYTES } from './snapshot-node.ts';

/** "ZKSN". */
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const SNAPSHOT_VERSION = 2;
export const SNAPSHOT_HEADER_BYTES = 16;
/** The string "/", which ends the nodes, and every seal. */
export const SNAPSHOT_MARK: Buffer = Buffer.of(0, 0, 0, 1, 0x2f);
export const SEAL_BYTES = 13;
/** What follows the data of a node: the key of its ACL and its Stat. */
export const NODE_TAIL_BYTES: number = 8 + STAT_PERSISTED_BYTES;

/** A session that was alive. */
export type SnapshotSession = { readonly id: Int64; readonly timeoutMs: number };

/** An ACL list and the key by which nodes name it: a safe integer; Apache's server counts up from 1. */
export type SnapshotAcl = { readonly key: number; readonly acl: readonly ACL[] };

/** The tree digest right after a txn; a zxid of 0 says that there was none. */
export type SnapshotDigest = {
  readonly zxid: Int64;
  /** See DIGEST_VERSION. */
  readonly version: number;
  readonly value: Int64;
};

/** What follows the nodes; null where the section is not there. */
export type SnapshotTrailer = {
  readonly digest: SnapshotDigest | null;
  readonly lastProcessedZxid: Int64 | null;
};

/** Whether the snapshot is a file, with header and seals, or the body that a learner gets. */
export type SnapshotForm = 'file' | 'body';

/** `snapshot.compression.method`. */
export type SnapshotCompression = 'none' | 'gz' | 'snappy';

export type SnapshotFileName = {
  /** All txns up to this one are in the snapshot; later ones may be in part, if it was taken while the tree changed. */
  readonly zxid: Int64;
  readonly compression: SnapshotCompression;
};

/** `snapshot.<zxid>`, with `.gz` or `.snappy` if compressed. */
export function snapshotFileName({ zxid, compression }: SnapshotFileName): string {
  const name = `snapshot.${int64ToHex(zxid)}`;
  return compression === 'none' ? name : `${name}.${compression}`;
}

/**
 * What the name of a snapshot file says; null if it is not exactly that of one.
 *
 * deviates: Apache also takes `snapshot.5.bak` for a snapshot of zxid 5.
 */
export function parseSnapshotFileName(name: string): SnapshotFileName | null {
  const match = /^snapshot\.([0-9a-fA-F]{1,16})(?:\.(gz|snappy))?$/.exec(name);
  const zxid = int64FromHex(match?.[1] ?? '');
  if (zxid === undefined) return null;
  const compression = match?.[2] === 'gz' ? 'gz' : match?.[2] === 'snappy' ? 'snappy' : 'none';
  return { zxid, compression };
}

const GZIP_MAGIC = Buffer.of(0x1f, 0x8b);

/**
 * Whether a file looks like a whole snapshot, by a few bytes of it: an uncompressed one must end with the mark of a seal, a
 * compressed one begin with its magic (SnapStream.isValidSnapshot). Tells leftovers of a crash from snapshots at once; what
 * passes may still be damaged.
 */
export async function looksLikeSnapshot(
  file: ReadableFile,
  compression: SnapshotCompression,
): Promise<boolean> {
  switch (compression) {
    case 'none':
      if (file.bytes < 10) return false;
      return holds(file, SNAPSHOT_MARK, file.bytes - SNAPSHOT_MARK.length);
    case 'gz':
      return holds(file, GZIP_MAGIC, 0);
    case 'snappy':
      return holds(file, SNAPPY_MAGIC, 0);
  }
}

async function holds(file: ReadableFile, expected: Buffer, position: number): Promise<boolean> {
  const found = Buffer.alloc(expected.length);
  const bytes = await file.read(found, 0, found.length, position);
  return bytes === found.length && found.equals(expected);
}
