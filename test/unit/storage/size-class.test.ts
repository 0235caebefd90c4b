import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCK_UNITS, LARGEST_CLASS_UNITS, sizeClassOf } from '../../../storage/size-class.ts';

describe('sizeClassOf', () => {
  it('is the smallest class that holds the units, at most an eighth too large', () => {
    for (let units = 1; units <= LARGEST_CLASS_UNITS; units++) {
      const sizeClass = sizeClassOf(units);
      const block = BLOCK_UNITS[sizeClass]!;
      assert.ok(block >= units, `${units} units in ${block}`);
      if (sizeClass > 0) assert.ok(BLOCK_UNITS[sizeClass - 1]! < units, `${units} in ${block}`);
      assert.ok(block - units <= units / 8, `${units} units in ${block}`);
    }
  });
});
