import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adler32 } from '../../../storage/adler32.ts';
import { SnapshotReader } from '../../../storage/snapshot-reader.ts';
import { SeededRandom } from './seeded-random.ts';
import {
  type PlainSnapshot,
  randomSnapshot,
  readSnapshot,
  snapshotError,
  vector,
  writeSnapshot,
} from './snapshot-fixtures.ts';

const FOLDER = 'apache-3.9.5/data/version-2';
const EMPTY_TREE = vector(`${FOLDER}/snapshot.0`);
const WITHOUT_DIGEST = vector('apache-3.9.5/data-without-digest/version-2/snapshot.0');
/** Bytes of the last two sections with their seals, at the end of a file. */
const DIGEST_BYTES = 33;
const LAST_ZXID_BYTES = 21;

describe('a snapshot that Apache ZooKeeper 3.9.5 wrote', () => {
  it('gives what the server had, in the order of the file', () => {
    const { sessions, acls, nodes, trailer, facts } = readSnapshot(vector(`${FOLDER}/snapshot.45`));
    assert.equal(sessions.length, 6);
    assert.equal(sessions[0]?.timeoutMs, 6000);
    assert.deepEqual(
      acls.map(({ key }) => key),
      [1, 2, 3, 4, 5],
    );
    assert.equal(acls[2]?.acl[0]?.id.scheme, 'digest');
    assert.deepEqual(
      nodes.slice(0, 3).map(({ path }) => path),
      ['', '/mine', '/a'],
    );
    assert.equal(nodes[2]?.data?.toString(), 'again');
    assert.equal(nodes[2]?.stat.version, 2);
    assert.deepEqual(trailer.lastProcessedZxid, { hi: 0, lo: 0x45 });
    assert.deepEqual(trailer.digest, {
      zxid: { hi: 0, lo: 0x45 },
      version: 2,
      value: { hi: 0xb, lo: 0x1c0051fb },
    });
    assert.equal(facts.nodeCount, nodes.length);
    assert.equal(facts.bytes, vector(`${FOLDER}/snapshot.45`).length);
  });

  it('has no last sections if the server was told so', () => {
    assert.deepEqual(readSnapshot(WITHOUT_DIGEST).trailer, {
      digest: null,
      lastProcessedZxid: null,
    });
  });

  for (const file of [
    `${FOLDER}/snapshot.0`,
    `${FOLDER}/snapshot.45`,
    'apache-3.9.5/data-without-digest/version-2/snapshot.0',
  ]) {
    it(`is written again byte for byte: ${file}`, () => {
      const bytes = vector(file);
      const snapshot = readSnapshot(bytes);
      for (const chunkBytes of [1 << 18, 256]) {
        assert.deepEqual(writeSnapshot(snapshot, { chunkBytes }), bytes);
      }
    });

    it(`is the same in chunks of any size: ${file}`, () => {
      const bytes = vector(file);
      const whole = readSnapshot(bytes);
      for (const chunkBytes of [1, 2, 3, 7, 13, 100, 1000]) {
        assert.deepEqual(readSnapshot(bytes, { chunkBytes }), whole);
      }
    });
  }
});

describe('a snapshot', () => {
  it('is read as it was written, whatever is in it', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed);
      const snapshot = randomSnapshot(random);
      const form = seed % 4 === 0 ? 'body' : 'file';
      const expected =
        form === 'file'
          ? snapshot
          : { ...snapshot, trailer: { digest: null, lastProcessedZxid: null } };
      const bytes = writeSnapshot(snapshot, { form, chunkBytes: 256 + random.below(5000) });
      const chunkBytes = 1 + random.below(random.pick([10, 1000, 100_000]));
      const { facts, ...read } = readSnapshot(bytes, { form, chunkBytes });
      assert.deepEqual(read, expected, `seed ${seed}`);
      assert.equal(facts.bytes, bytes.length);
    }
  });

  it('is refused wherever it breaks off, but where an older server would have ended it', () => {
    const ends = new Set([
      EMPTY_TREE.length,
      EMPTY_TREE.length - LAST_ZXID_BYTES,
      EMPTY_TREE.length - LAST_ZXID_BYTES - DIGEST_BYTES,
    ]);
    const looksLikeLastZxid = EMPTY_TREE.length - DIGEST_BYTES;
    for (let bytes = 0; bytes <= EMPTY_TREE.length; bytes++) {
      const read = (): unknown => readSnapshot(EMPTY_TREE.subarray(0, bytes));
      if (ends.has(bytes)) assert.doesNotThrow(read, `${bytes} bytes`);
      else if (bytes === looksLikeLastZxid) assert.throws(read, snapshotError('BAD_CHECKSUM', /./));
      else assert.throws(read, snapshotError('TRUNCATED', /the snapshot ends/), `${bytes} bytes`);
    }
  });

  it('is refused if any byte of it is another', () => {
    for (const bytes of [EMPTY_TREE, WITHOUT_DIGEST, vector(`${FOLDER}/snapshot.45`)]) {
      const flipped = Buffer.from(bytes);
      for (let at = 0; at < bytes.length; at++) {
        for (const bits of bytes.length < 1000 ? [1, 0x10, 0x80, 0xff] : [1 << (at & 7)]) {
          flipped[at]! ^= bits;
          assert.throws(() => readSnapshot(flipped), isSnapshotError, `byte ${at}`);
          flipped[at]! ^= bits;
        }
      }
    }
  });

  it('may have a digest of an older version, which is hexadecimal text', () => {
    const snapshot = smallSnapshot();
    const digest = { zxid: { hi: 0, lo: 9 }, version: 1, value: { hi: 0x12, lo: -1 } };
    for (const lastProcessedZxid of [null, { hi: 0, lo: 9 }]) {
      const trailer = { digest, lastProcessedZxid };
      assert.deepEqual(readSnapshot(writeSnapshot({ ...snapshot, trailer })).trailer, trailer);
    }
  });

  it('may have the last zxid without a digest', () => {
    const trailer = { digest: null, lastProcessedZxid: { hi: 3, lo: -1 } };
    assert.deepEqual(readSnapshot(writeSnapshot({ ...smallSnapshot(), trailer })).trailer, trailer);
  });

  it('as a body leaves what follows it to others', () => {
    const body = writeSnapshot(smallSnapshot(), { form: 'body' });
    const sink = { session: () => {}, acl: () => {}, node: () => {} };
    for (const step of [1, 10, 1000]) {
      const reader = new SnapshotReader(sink, { file: 'the leader', form: 'body' });
      const stream = Buffer.concat([body, Buffer.from('BenWasHere')]);
      let used = 0;
      for (let at = 0; at < stream.length && !reader.isDone; at += step) {
        used += reader.push(stream.subarray(at, at + step));
      }
      assert.equal(used, body.length);
      assert.equal(reader.isDone, true);
      assert.equal(reader.end().nodeCount, smallSnapshot().nodes.length);
    }
  });
});

/** Damage with right checksums: what only looking at the content can find. */
const BAD: readonly {
  readonly what: string;
  readonly code: string;
  readonly says: RegExp;
  readonly bytes: (good: Buffer) => Buffer;
}[] = [
  {
    what: 'nothing',
    code: 'TRUNCATED',
    says: /at offset 0: the snapshot ends after 0 bytes of the header/,
    bytes: () => Buffer.alloc(0),
  },
  {
    what: 'a txn log',
    code: 'NOT_A_SNAPSHOT',
    says: /begins with 5a4b4c47 00000002, not 5a4b534e 00000002 \(ZKSN, version 2\)/,
    bytes: (good) => withInt(good, 0, 0x5a4b4c47),
  },
  {
    what: 'version 3',
    code: 'NOT_A_SNAPSHOT',
    says: /00000003/,
    bytes: (good) => withInt(good, 4, 3),
  },
  {
    what: 'a negative number of sessions',
    code: 'BAD_LENGTH',
    says: /at offset 16: the number of sessions is -5/,
    bytes: (good) => withInt(good, 16, -5),
  },
  {
    what: 'more sessions than bytes',
    code: 'TRUNCATED',
    says: /of the sessions/,
    bytes: (good) => withInt(good, 16, 0x7fff_ffff),
  },
  {
    what: 'a negative number of ACLs',
    code: 'BAD_LENGTH',
    says: /the number of ACL lists is -1/,
    bytes: (good) => withInt(good, 20, -1),
  },
  {
    what: 'an ACL that is null',
    code: 'BAD_LENGTH',
    says: /the number of entries of ACL 1 is -1/,
    bytes: (good) => withInt(good, 32, -1),
  },
  {
    what: 'an ACL key of more than 53 bits',
    code: 'BAD_STRUCTURE',
    says: /ACL key .* is out of range/,
    bytes: (good) => withInt(good, 24, 0x7fff_ffff),
  },
  {
    what: 'an ACL scheme of two gigabytes',
    code: 'BAD_LENGTH',
    says: /the length of the scheme of an ACL is 2147483647/,
    bytes: (good) => withInt(good, 40, 0x7fff_ffff),
  },
  {
    what: 'a path that is null',
    code: 'BAD_LENGTH',
    says: /at offset 59: the length of a path is -1/,
    bytes: (good) => withInt(good, 59, -1),
  },
  {
    what: 'a path of two gigabytes',
    code: 'BAD_LENGTH',
    says: /the length of a path is 2147483647/,
    bytes: (good) => withInt(good, 59, 0x7fff_ffff),
  },
  {
    what: 'a path longer than the file',
    code: 'TRUNCATED',
    says: /of node 1/,
    bytes: (good) => withInt(good, 59, 100_000_000),
  },
  {
    what: 'data of a length below that of null',
    code: 'BAD_LENGTH',
    says: /the length of the data is -2/,
    bytes: (good) => withInt(good, 63, -2),
  },
  {
    what: 'an ACL key that is not in the table',
    code: 'BAD_STRUCTURE',
    says: /the ACL key 77 of a node is not among the 1 ACLs/,
    bytes: (good) => withInt(good, 71, 77),
  },
  {
    what: 'no root',
    code: 'BAD_STRUCTURE',
    says: /the first node is not the root/,
    bytes: () => sealed({ ...smallSnapshot(), nodes: smallSnapshot().nodes.slice(1) }),
  },
  {
    what: 'no nodes',
    code: 'BAD_STRUCTURE',
    says: /the first node is not the root/,
    bytes: () => sealed({ ...smallSnapshot(), nodes: [] }),
  },
  {
    what: 'two roots',
    code: 'BAD_STRUCTURE',
    says: /the root is there twice/,
    bytes: () => {
      const { nodes } = smallSnapshot();
      return sealed({ ...smallSnapshot(), nodes: [...nodes, ...nodes] });
    },
  },
  {
    what: 'a path without slash',
    code: 'BAD_STRUCTURE',
    says: /a path begins with "zk", not with a slash/,
    bytes: () => withNode('zk'),
  },
  {
    what: 'a path of one character that is no slash',
    code: 'BAD_STRUCTURE',
    says: /a path begins with "z"/,
    bytes: () => withNode('z'),
  },
  {
    what: 'an ACL key twice',
    code: 'BAD_STRUCTURE',
    says: /the ACL key 1 is there twice/,
    bytes: () => {
      const { acls } = smallSnapshot();
      return sealed({ ...smallSnapshot(), acls: [...acls, ...acls] });
    },
  },
  {
    what: 'a wrong checksum',
    code: 'BAD_CHECKSUM',
    says: /the checksum is 0000000000000000, that of the bytes before it is 00000000[0-9a-f]{8}/,
    bytes: (good) => withInt(good, good.length - 9, 0),
  },
  {
    what: 'a checksum of 64 bits',
    code: 'BAD_CHECKSUM',
    says: /the checksum is 00000001/,
    bytes: (good) => withInt(good, good.length - 13, 1),
  },
  {
    what: 'a byte behind the last seal',
    code: 'TRUNCATED',
    says: /ends within the digest/,
    bytes: (good) => Buffer.concat([good, Buffer.alloc(1)]),
  },
  {
    what: 'much behind the last seal',
    code: 'BAD_STRUCTURE',
    says: /bytes follow the last seal/,
    bytes: (good) => Buffer.concat([good, Buffer.alloc(1000)]),
  },
  {
    what: 'a few bytes behind all three seals',
    code: 'BAD_STRUCTURE',
    says: /at offset \d+: 5 bytes follow the last seal/,
    bytes: () => Buffer.concat([EMPTY_TREE, Buffer.alloc(5)]),
  },
];

describe('a snapshot is refused with place and remedy if it has', () => {
  for (const { what, code, says, bytes } of BAD) {
    it(what, () => {
      const bad = bytes(sealed(smallSnapshot()));
      for (const chunkBytes of [bad.length || 1, 5]) {
        assert.throws(() => readSnapshot(bad, { chunkBytes }), snapshotError(code, says));
      }
    });
  }

  it('a path longer than is set, without taking memory for it', () => {
    const sink = { session: () => {}, acl: () => {}, node: () => {} };
    const reader = new SnapshotReader(sink, { file: 'snapshot.1', maxBufferBytes: 1000 });
    const bytes = withNode(`/${'x'.repeat(1000)}`);
    assert.throws(
      () => reader.push(bytes),
      snapshotError('BAD_LENGTH', /^snapshot\.1 at offset \d+: .* is 1001, not within 0\.\.1000; /),
    );
  });
});

function isSnapshotError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SnapshotError';
}

/** The root and one more. The root is at 59. */
function smallSnapshot(): PlainSnapshot {
  const zero = { hi: 0, lo: 0 };
  const stat = {
    czxid: zero,
    mzxid: zero,
    ctime: zero,
    mtime: zero,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: zero,
    pzxid: zero,
  };
  return {
    sessions: [],
    acls: [{ key: 1, acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }] }],
    nodes: [
      { path: '', data: Buffer.alloc(0), aclKey: 1, stat },
      { path: '/a', data: null, aclKey: -1, stat },
    ],
    trailer: { digest: null, lastProcessedZxid: null },
  };
}

function sealed(snapshot: PlainSnapshot): Buffer {
  return writeSnapshot({ ...snapshot, trailer: { digest: null, lastProcessedZxid: null } });
}

function withNode(path: string): Buffer {
  const small = smallSnapshot();
  const node = { ...small.nodes[1]!, path };
  return sealed({ ...small, nodes: [small.nodes[0]!, node] });
}

/** With another int at `at`; its checksum is right if it is not the checksum that was changed. */
function withInt(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeInt32BE(value, at);
  const sealAt = bytes.length - 13;
  if (at < sealAt) changed.writeInt32BE(adler32(changed, 0, sealAt), sealAt + 4);
  return changed;
}
