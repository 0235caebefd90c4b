import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int64FromNumber, int64ToNumber } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { Random } from '../../../differential/random.ts';
import { create, onPath, setData } from '../../../vectors/requests.ts';
import { create as txnCreate } from '../../storage/tree-txns.ts';
import { bytesOf, PrepareFixture, verdictOf } from './prepare-fixture.ts';

test('every write takes the next zxid, also one that is refused', () => {
  const f = new PrepareFixture({}, (made) => made.make(txnCreate('/a')));
  const zxids = [
    f.prepare(setData('/a', 'x')),
    f.prepare(setData('/missing', 'x')),
    f.prepareBytes(OpCode.create, Buffer.from('garbage')),
    f.prepare(create('/b')),
  ].map(({ header }) => int64ToNumber(header.zxid));
  assert.deepEqual(zxids, [1001, 1002, 1003, 1004]);
  assert.deepEqual(f.preparer.lastZxid, int64FromNumber(1004));
});

test('a refusal is a transaction of type error, with the header of the request', () => {
  const f = new PrepareFixture();
  const prepared = f.prepare(setData('/missing', 'x'));
  assert.equal(prepared.type, OpCode.error);
  assert.equal(prepared.header.type, OpCode.error);
  assert.equal(prepared.header.cxid, 1);
});

const WRITES = [
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.deleteContainer,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.reconfig,
  OpCode.createSession,
];

for (const op of WRITES) {
  test(`operation ${op} without a body is malformed, which is logged`, () => {
    const f = new PrepareFixture();
    assert.equal(verdictOf(f.prepareBytes(op, Buffer.alloc(0))), 'MARSHALLINGERROR');
    assert.equal(f.log.matching('malformed request')[0]?.fields['type'], op);
  });

  test(`operation ${op} with a hostile length is malformed`, () => {
    for (const length of [-2, 0x7fff_ffff, -0x8000_0000]) {
      const body = Buffer.alloc(40);
      body.writeInt32BE(length);
      const verdict = verdictOf(new PrepareFixture().prepareBytes(op, body));
      if (op !== OpCode.multi && op !== OpCode.createSession) {
        assert.equal(verdict, 'MARSHALLINGERROR');
      }
    }
  });
}

test('a body that is cut anywhere is malformed, and changes nothing', () => {
  const body = bytesOf(create('/new', { data: 'data' }));
  for (let length = 0; length < body.length; length += 1) {
    const f = new PrepareFixture();
    const prepared = f.prepareBytes(OpCode.create, body.subarray(0, length));
    assert.equal(verdictOf(prepared), 'MARSHALLINGERROR', `${length} bytes`);
    assert.equal(f.pending.find('/new'), undefined);
  }
});

test('random bodies never throw', () => {
  const random = new Random(3);
  const f = new PrepareFixture({}, (made) => made.make(txnCreate('/a')));
  const good = [create('/b'), setData('/a', 'x'), onPath(OpCode.deleteContainer, '/a')];
  for (let i = 0; i < 3000; i += 1) {
    const op = random.pick(WRITES);
    const body = random.chance(50) ? random.bytes(random.below(60)) : bytesOf(random.pick(good));
    if (body.length > 0 && random.chance(50)) body[random.below(body.length)] = random.below(256);
    f.prepareBytes(op, body);
    if (random.chance(20)) f.apply();
  }
  f.apply();
  assert.deepEqual(f.pending.digest, f.tree.digest);
});

test('reconfig is refused, in one way or the other', () => {
  const body = Buffer.alloc(20, 0xff);
  for (const [reconfigEnabled, verdict] of [
    [false, 'RECONFIGDISABLED'],
    [true, 'UNIMPLEMENTED'],
  ] as const) {
    const f = new PrepareFixture({ reconfigEnabled });
    assert.equal(verdictOf(f.prepareBytes(OpCode.reconfig, body)), verdict);
  }
});

test('an operation that does not write is our own mistake', () => {
  assert.throws(() => new PrepareFixture().prepareBytes(OpCode.getData, Buffer.alloc(0)));
});
