import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int64FromHex } from '../../../../protocol/int64.ts';
import { sessionPassword } from '../../../../server/session/session-password.ts';

/** From a JVM: `new Random(id ^ 0xB3415C00L).nextBytes(new byte[16])`. */
const VECTORS: readonly (readonly [id: string, password: string])[] = [
  ['0100000000000000', 'f22acd4a97e69d6d20a49bb638eadb38'],
  ['0000000000000001', '054cc74a37327db215e702e20c73f005'],
  ['0000000000000000', 'f22acd4a97e69d6d20a49bb638eadb38'],
  ['ffffffffffffffff', '20f62cb5648dc2d771471c8a2486a9ee'],
  ['7fffffffffffffff', '20f62cb5648dc2d771471c8a2486a9ee'],
  ['8000000000000000', 'f22acd4a97e69d6d20a49bb638eadb38'],
  ['0100018f3a2b0000', '57b2891c984aa4838d1e19e4a1f8c2b5'],
  ['ff00000000000001', '054cc74a37327db215e702e20c73f005'],
  ['00000000b3415c00', '60b420bb3851d9d47acb933dbe70399b'],
  ['0123456789abcdef', 'f7cd1b8b3f946c477425d41be3f667c6'],
  ['fedcba9876543210', '1b53de74bbdff3fd1dc6e32479791d61'],
  ['0100019bffffffff', '20f600c0648d06ec7147104324868de6'],
];

for (const [id, password] of VECTORS) {
  test(`the password of session 0x${id} is Java's`, () => {
    const sessionId = int64FromHex(id);
    assert(sessionId !== undefined);
    assert.equal(sessionPassword(sessionId).toString('hex'), password);
  });
}
