import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { int64FromHex, int64FromNumber } from '../../../protocol/int64.ts';
import {
  CONTAINER_OWNER,
  EphemeralType,
  ephemeralType,
  isValidTtl,
  MAX_TTL_MS,
  ttlOfOwner,
  ttlOwner,
} from '../../../storage/ephemeral-type.ts';

const PLAIN = { extendedTypesEnabled: false, emulate353TtlNodes: false };
const EXTENDED = { extendedTypesEnabled: true, emulate353TtlNodes: false };
const EMULATED = { extendedTypesEnabled: true, emulate353TtlNodes: true };

describe('ephemeralType', () => {
  const { VOID, NORMAL, CONTAINER, TTL } = EphemeralType;
  const cases: [string, number, number, number][] = [
    // owner, then its type with plain, extended and emulated rules
    ['0', VOID, VOID, VOID],
    ['100000000000001', NORMAL, NORMAL, NORMAL],
    ['fe00000000000001', NORMAL, NORMAL, TTL],
    ['8000000000000000', CONTAINER, CONTAINER, CONTAINER],
    ['8000000000000005', NORMAL, NORMAL, TTL],
    ['ff00000000000001', NORMAL, TTL, TTL],
    ['ff0000ffffffffff', NORMAL, TTL, TTL],
    ['ff00010000000001', NORMAL, NORMAL, TTL],
  ];
  for (const [hex, plain, extended, emulated] of cases) {
    it(`reads owner 0x${hex}`, () => {
      const { hi, lo } = int64FromHex(hex)!;
      assert.equal(ephemeralType(hi, lo, PLAIN), plain, 'plain');
      assert.equal(ephemeralType(hi, lo, EXTENDED), extended, 'extended');
      assert.equal(ephemeralType(hi, lo, EMULATED), emulated, 'emulating 3.5.3');
    });
  }

  it('keeps emulation and extended types apart', () => {
    const rules = { extendedTypesEnabled: false, emulate353TtlNodes: true };
    assert.equal(ephemeralType(-2, 1, rules), NORMAL);
  });
});

describe('a time to live', () => {
  it('is 1 ms to 40 bits long', () => {
    for (const ms of [1, 1000, MAX_TTL_MS]) assert.ok(isValidTtl(int64FromNumber(ms)), `${ms}`);
    for (const ms of [0, -1, MAX_TTL_MS + 1]) assert.ok(!isValidTtl(int64FromNumber(ms)), `${ms}`);
  });

  it('comes back from the owner that holds it', () => {
    for (const ms of [1, 0x8000_0000, MAX_TTL_MS]) {
      const owner = ttlOwner(int64FromNumber(ms));
      assert.equal(ephemeralType(owner.hi, owner.lo, EXTENDED), EphemeralType.TTL);
      assert.equal(ttlOfOwner(owner), ms);
    }
  });

  it('is not that of a container', () => {
    assert.notDeepEqual(ttlOwner(int64FromNumber(1)), CONTAINER_OWNER);
  });
});
