import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OwnedList } from '../../../storage/owned-list.ts';
import { ROOT_SLOT, ZnodeStore } from '../../../storage/znode-store.ts';
import { SeededRandom } from './seeded-random.ts';

describe('OwnedList', () => {
  it('keeps its order while nodes come, go and get other data', () => {
    const random = new SeededRandom(9);
    const store = new ZnodeStore(0);
    store.insert({ parent: -1, pathBytes: 0, data: null, owner: { hi: 0, lo: 0 } });
    const lists = [new OwnedList(store), new OwnedList(store)];
    const expected: number[][] = [[], []];
    for (let step = 0; step < 3000; step++) {
      const which = random.below(2);
      const list = lists[which]!;
      const slots = expected[which]!;
      const kind = random.next();
      if (slots.length === 0 || kind < 0.5) {
        const pathBytes = store.encodePath(`/node-${step}`);
        const owner = { hi: 0, lo: which + 1 };
        const slot = store.insert({ parent: ROOT_SLOT, pathBytes, data: null, owner });
        list.add(slot);
        slots.push(slot);
      } else if (kind < 0.75) {
        store.setData(random.pick(slots), Buffer.alloc(random.below(2000)));
      } else {
        const slot = random.pick(slots);
        list.delete(slot);
        store.remove(slot);
        slots.splice(slots.indexOf(slot), 1);
      }
      assert.equal(list.count, slots.length);
      if (step % 50 === 0) assert.deepEqual([...list], slots);
    }
    for (const which of [0, 1]) assert.deepEqual([...lists[which]!], expected[which]);
  });
});
