import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotaUsageOf } from '../../../server/quota-usage.ts';
import { limitsPath, statsPath } from '../../../storage/quota.ts';
import { create, newTree, txn } from './../storage/tree-txns.ts';

/** A tree with quotas: for each path the text of its limits and of its usage. */
function treeWith(
  quotas: readonly (readonly [path: string, limits: string | null, usage: string | null])[],
): ReturnType<typeof newTree> {
  const tree = newTree();
  let zxid = 0;
  const make = (path: string, text?: string): void => {
    zxid += 1;
    tree.apply(txn(zxid, create(path, text === undefined ? {} : { data: Buffer.from(text) })));
  };
  for (const [path, limits, usage] of quotas) {
    const names = path.split('/').slice(1);
    for (let i = 1; i <= names.length; i += 1) {
      make(`/zookeeper/quota/${names.slice(0, i).join('/')}`);
    }
    if (usage !== null) make(statsPath(path), usage);
    if (limits !== null) make(limitsPath(path), limits);
  }
  return tree;
}

test('without quotas there is nothing to tell', () => {
  const usage = quotaUsageOf(newTree());
  for (const sums of Object.values(usage)) assert.equal(sums.size, 0);
});

test('limits are added up by the first component, a hard one in the place of a soft one', () => {
  const usage = quotaUsageOf(
    treeWith([
      ['/a', 'count=10,bytes=100', null],
      ['/b/x', 'count=5,bytes=-1=;byteHardLimit=70;countHardLimit=7', null],
      ['/b/y/z', 'count=-1,bytes=30', null],
      ['/c', 'count=-1,bytes=-1', null],
    ]),
  );
  assert.deepEqual(Object.fromEntries(usage.countLimits), { a: 10, b: 7 });
  assert.deepEqual(Object.fromEntries(usage.bytesLimits), { a: 100, b: 100 });
});

test('usage is what the stats nodes say', () => {
  const tree = treeWith([
    ['/a', 'count=10,bytes=100', 'count=0,bytes=0'],
    ['/b', 'count=10,bytes=100', 'count=0,bytes=0'],
  ]);
  tree.apply(txn(100, create('/a', { data: Buffer.from('12345') })));
  tree.apply(txn(101, create('/a/x', { data: Buffer.from('123') })));
  const usage = quotaUsageOf(tree);
  assert.deepEqual(Object.fromEntries(usage.countUsage), { a: 2, b: 0 });
  assert.deepEqual(Object.fromEntries(usage.bytesUsage), { a: 8, b: 0 });
});
