import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataTree } from '../../../storage/data-tree.ts';
import { checkQuota, limitsPath, statsPath } from '../../../storage/quota.ts';
import { create, create2, multi, newTree, remove, setData, txn } from './tree-txns.ts';

class Quotas {
  readonly tree: DataTree = newTree();
  #zxid = 0;

  apply(...ops: Parameters<typeof multi>): void {
    this.#zxid++;
    const result = this.tree.apply(txn(this.#zxid, multi(...ops)));
    assert.equal(result.err, 0);
  }

  set(path: string, limits: string): void {
    let parent = '/zookeeper/quota';
    for (const name of path.split('/').slice(1)) {
      parent += `/${name}`;
      if (this.tree.find(parent) < 0) this.apply(create(parent));
    }
    this.apply(create(limitsPath(path), { data: Buffer.from(limits) }));
    this.apply(create(statsPath(path), { data: Buffer.from('count=0,bytes=0') }));
  }

  usage(path: string): string {
    return this.tree.data(this.tree.find(statsPath(path)))?.toString() ?? 'null';
  }
}

describe('usage of a quota', () => {
  it('is counted when the stats node is made: nodes with the top, bytes of data', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a', { data: Buffer.from('12345') }), create('/a/b', { data: null }));
    quotas.apply(create('/a/b/c', { data: Buffer.from('123') }), create('/aa'));
    quotas.set('/a', 'count=10,bytes=10');
    assert.equal(quotas.usage('/a'), 'count=3,bytes=8');
  });

  it('follows creates, writes and deletes', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'));
    quotas.set('/a', 'count=10,bytes=10');
    quotas.apply(create('/a/b', { data: Buffer.from('1234') }));
    assert.equal(quotas.usage('/a'), 'count=2,bytes=4');
    quotas.apply(setData('/a/b', Buffer.from('12')), setData('/a', Buffer.from('1')));
    assert.equal(quotas.usage('/a'), 'count=2,bytes=3');
    quotas.apply(setData('/a/b', null));
    assert.equal(quotas.usage('/a'), 'count=2,bytes=1');
    quotas.apply(create('/ab'), remove('/a/b'));
    assert.equal(quotas.usage('/a'), 'count=1,bytes=1');
  });

  it('counts for the longest path with a quota alone', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'), create('/a/b'));
    quotas.set('/a', 'count=10,bytes=10');
    quotas.set('/a/b', 'count=10,bytes=10');
    quotas.apply(create('/a/b/c'), create('/a/d'));
    assert.equal(quotas.usage('/a'), 'count=3,bytes=0');
    assert.equal(quotas.usage('/a/b'), 'count=2,bytes=0');
  });

  it('is written without a trace in the Stat but dataLength', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'));
    quotas.set('/a', 'count=10,bytes=10');
    const { tree } = quotas;
    const before = tree.statPersisted(tree.find(statsPath('/a')));
    quotas.apply(create('/a/b', { data: Buffer.alloc(1_000_000) }));
    const node = tree.find(statsPath('/a'));
    assert.deepEqual(tree.statPersisted(node), before);
    assert.equal(tree.dataLength(node), 'count=2,bytes=1000000'.length);
  });

  it('is no longer kept when the limits are gone', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'));
    quotas.set('/a', 'count=10,bytes=10');
    quotas.apply(remove(limitsPath('/a')), create('/a/b'));
    assert.equal(quotas.usage('/a'), 'count=1,bytes=0');
    assert.equal(quotas.tree.quotaPrefix('/a/b'), null);
  });

  it('is kept on a text that Apache would not survive', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'));
    quotas.set('/a', 'count=10,bytes=10');
    quotas.apply(setData(statsPath('/a'), Buffer.from('count,bytes=x')));
    quotas.apply(create('/a/b', { data: Buffer.from('1') }));
    assert.equal(quotas.usage('/a'), 'count=0,bytes=0');
    quotas.apply(setData(statsPath('/a'), null));
    quotas.apply(create('/a/c'));
    assert.equal(quotas.usage('/a'), 'count=0,bytes=-1');
  });

  it('needs no node at the path, and no stats node', () => {
    const quotas = new Quotas();
    quotas.set('/none', 'count=10,bytes=10');
    assert.equal(quotas.usage('/none'), 'count=0,bytes=0');
    quotas.apply(remove(statsPath('/none')));
    quotas.apply(create('/none'));
    assert.equal(quotas.tree.quotaPrefix('/none'), '/none');
  });

  it('is not kept for the root', () => {
    const quotas = new Quotas();
    quotas.apply(
      create('/zookeeper/quota/zookeeper_limits', { data: Buffer.from('count=1,bytes=1') }),
      create('/zookeeper/quota/zookeeper_stats'),
      create('/a'),
    );
    assert.equal(quotas.tree.quotaPrefix('/a'), null);
    assert.equal(quotas.usage(''), 'count=6,bytes=15');
  });

  it('is in the answer of the create that makes the node only afterwards', () => {
    const quotas = new Quotas();
    quotas.apply(create('/a'));
    quotas.set('/a', 'count=10,bytes=10');
    quotas.apply(remove(statsPath('/a')));
    const result = quotas.tree.apply(txn(99, create2(statsPath('/a'), { data: Buffer.from('x') })));
    assert.equal(result.stat?.readInt32BE(52), 1);
    assert.equal(quotas.usage('/a'), 'count=1,bytes=0');
  });
});

describe('checkQuota', () => {
  // limits; usage; bytes and nodes to be added; verdict
  const cases: [string, string, number, number, string][] = [
    ['count=5,bytes=100', 'count=4,bytes=99', 1, 1, 'within'],
    ['count=5,bytes=100', 'count=5,bytes=0', 0, 1, 'soft count 6 > 5'],
    ['count=5,bytes=100', 'count=1,bytes=100', 1, 1, 'soft bytes 101 > 100'],
    ['count=5,bytes=100', 'count=9,bytes=100', 0, 0, 'within'],
    ['count=-1,bytes=100', 'count=9,bytes=0', 1, 1, 'within'],
    ['count=-1,bytes=-1', 'count=9,bytes=9', 1, 1, 'within'],
    ['count=5,bytes=100=;countHardLimit=7', 'count=6,bytes=0', 0, 1, 'within'],
    ['count=5,bytes=100=;countHardLimit=7', 'count=7,bytes=0', 0, 1, 'hard count 8 > 7'],
    ['count=-1,bytes=-1=;byteHardLimit=10', 'count=7,bytes=9', 2, 1, 'hard bytes 11 > 10'],
    ['count=-1,bytes=-1=;byteHardLimit=10', 'count=7,bytes=20', -5, 0, 'hard bytes 15 > 10'],
    ['count=1,bytes=-1=;byteHardLimit=10', 'count=7,bytes=9', 2, 1, 'hard bytes 11 > 10'],
    ['count=1,bytes=1', 'count=7,bytes=9', 2, 1, 'soft count 8 > 1'],
    ['count=0,bytes=0=;countHardLimit=0', 'count=0,bytes=0', 0, 1, 'hard count 1 > 0'],
    ['nonsense', 'count=1,bytes=1', 1, 1, 'within'],
  ];
  for (const [limits, usage, bytesDiff, countDiff, expected] of cases) {
    it(`says ${expected} to ${bytesDiff} B, ${countDiff} nodes: ${limits} with ${usage}`, () => {
      const quotas = new Quotas();
      quotas.set('/a', limits);
      quotas.apply(setData(statsPath('/a'), Buffer.from(usage)));
      const verdict = checkQuota(quotas.tree, { path: '/a/b', bytesDiff, countDiff });
      const text =
        verdict.kind === 'within'
          ? 'within'
          : `${verdict.kind} ${verdict.resource} ${verdict.used} > ${verdict.limit}`;
      assert.equal(text, expected);
      if (verdict.kind !== 'within') assert.equal(verdict.prefix, '/a');
    });
  }

  it('has nothing to say where there is no quota, or half of one', () => {
    const quotas = new Quotas();
    const change = { path: '/b', bytesDiff: 1, countDiff: 1 };
    assert.equal(checkQuota(quotas.tree, change).kind, 'within');
    quotas.set('/b', 'count=0,bytes=0=;countHardLimit=0');
    quotas.apply(remove(statsPath('/b')));
    assert.equal(checkQuota(quotas.tree, change).kind, 'within');
  });
});
