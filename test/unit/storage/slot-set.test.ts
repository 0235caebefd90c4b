import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SlotSet } from '../../../storage/slot-set.ts';

describe('SlotSet', () => {
  it('holds each slot once, however far apart they are', () => {
    const set = new SlotSet();
    for (const slot of [5, 3_000_000, 0, 5, 1_048_576, 3]) set.add(slot);
    assert.equal(set.size, 5);
    assert.deepEqual([...set], [5, 0, 3, 1_048_576, 3_000_000]);
    assert.ok(set.delete(0));
    assert.ok(!set.delete(0));
    assert.ok(!set.delete(2_000_000));
    assert.ok(!set.delete(9_000_000));
    assert.equal(set.size, 4);
  });
});
