import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHostAddress } from '../../../server/remote-address.ts';

/** Node's form of an address, and that of Java's getHostAddress. */
const ADDRESSES = [
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:10.1.2.3', '10.1.2.3'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['::', '0:0:0:0:0:0:0:0'],
  ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
  ['2001:db8::8:800:200c:417a', '2001:db8:0:0:8:800:200c:417a'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
  ['', ''],
] as const;

for (const [address, shown] of ADDRESSES) {
  test(`${address || 'no address'} is shown as Java shows it`, () => {
    assert.equal(toHostAddress(address), shown);
  });
}
