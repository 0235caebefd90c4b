import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INT64_ZERO } from '../../../../protocol/int64.ts';
import { OpCode } from '../../../../protocol/op-code.ts';
import { WatcherType } from '../../../../protocol/watch-event.ts';
import {
  addWatch,
  type Operation,
  onWatches,
  setWatches,
  setWatches2,
} from '../../../vectors/requests.ts';
import { create, remove } from '../../storage/tree-txns.ts';
import { ReadFixture, WRITE_ONLY_ACL } from './read-fixture.ts';

const { checkWatches, removeWatches } = OpCode;

test('addWatch answers a zero, asks no ACL and needs no node', () => {
  const f = new ReadFixture([create('/closed', { acl: WRITE_ONLY_ACL })]);
  for (const path of ['/missing', '/closed']) {
    for (const mode of [0, 1]) {
      const { verdict, body } = f.answer(addWatch(path, mode));
      assert.equal(verdict, 'OK');
      assert.equal(body.readInt(), 0);
      assert.equal(body.remaining, 0);
    }
    assert.equal(f.watches.contains(path, WatcherType.Persistent, f), true);
    assert.equal(f.watches.contains(path, WatcherType.PersistentRecursive, f), true);
  }
});

test('a mode of addWatch that is none is malformed', () => {
  const f = new ReadFixture();
  for (const mode of [-1, 2, 0x7fff_ffff]) {
    assert.equal(f.answer(addWatch('/a', mode)).verdict, 'MARSHALLINGERROR');
  }
  assert.equal(f.watches.watchCount, 0);
});

test('checkWatches and removeWatches tell whether there is one of the type', () => {
  const f = new ReadFixture([create('/a')]);
  f.answer(addWatch('/a', 0));
  const verdict = (op: number, path: string, type: number): string =>
    f.answer(onWatches(op, path, type)).verdict;
  assert.equal(verdict(checkWatches, '/a', WatcherType.Persistent), 'OK');
  assert.equal(verdict(checkWatches, '/a', WatcherType.Any), 'OK');
  assert.equal(verdict(checkWatches, '/a', WatcherType.Data), 'NOWATCHER');
  assert.equal(verdict(checkWatches, '/b', WatcherType.Any), 'NOWATCHER');
  assert.equal(verdict(removeWatches, '/a', WatcherType.Children), 'NOWATCHER');
  assert.equal(verdict(removeWatches, '/a', WatcherType.Persistent), 'OK');
  assert.equal(verdict(removeWatches, '/a', WatcherType.Persistent), 'NOWATCHER');
  assert.equal(f.watches.watchCount, 0);
});

for (const op of [checkWatches, removeWatches]) {
  test(`operation ${op} with a type that is none is malformed`, () => {
    const f = new ReadFixture();
    for (const type of [0, 6, -1]) {
      assert.equal(f.answer(onWatches(op, '/a', type)).verdict, 'MARSHALLINGERROR');
    }
  });
}

test('setWatches sets and tells, setWatches2 persistent ones too', () => {
  const f = new ReadFixture([create('/a'), create('/gone'), remove('/gone')]);
  const lists = { dataWatches: ['/a', '/gone'], existWatches: ['/new'], childWatches: ['/a'] };
  const relativeZxid = { hi: 0, lo: 5 };
  assert.equal(f.answer(setWatches(relativeZxid, lists)).verdict, 'OK');
  assert.deepEqual(f.events.splice(0), ['2 /gone']);
  assert.deepEqual(f.watched('/a'), ['data', 'children']);
  assert.deepEqual(f.watched('/new'), ['data']);
  const persistent = { persistentWatches: ['/p'], persistentRecursiveWatches: ['/r'] };
  assert.equal(f.answer(setWatches2(relativeZxid, { ...lists, ...persistent })).verdict, 'OK');
  assert.deepEqual(f.events, ['2 /gone']);
  assert.equal(f.watches.contains('/p', WatcherType.Persistent, f), true);
  assert.equal(f.watches.contains('/r', WatcherType.PersistentRecursive, f), true);
});

test('setWatches does not read the lists that only setWatches2 has', () => {
  const f = new ReadFixture();
  const operation: Operation = {
    op: OpCode.setWatches,
    write: (w) => {
      w.writeLong(INT64_ZERO);
      for (let list = 0; list < 3; list += 1) w.writeCount(0);
    },
  };
  assert.equal(f.answer(operation).verdict, 'OK');
  assert.equal(f.answer({ ...operation, op: OpCode.setWatches2 }).verdict, 'MARSHALLINGERROR');
});

test('hostile counts of watches are malformed', () => {
  const f = new ReadFixture();
  for (const count of [0x7fff_ffff, -2, -0x8000_0000, 1_000_000]) {
    for (const op of [OpCode.setWatches, OpCode.setWatches2]) {
      const { verdict } = f.answer({
        op,
        write: (w) => {
          w.writeLong(INT64_ZERO);
          w.writeInt(count);
        },
      });
      assert.equal(verdict, 'MARSHALLINGERROR', `${count}`);
    }
  }
  assert.equal(f.watches.watchCount, 0);
});
