import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int64FromHex } from '../../../protocol/int64.ts';
import {
  int64ToDecimal,
  javaDate,
  javaDouble,
  javaSocketAddress,
  minuteInUtc,
} from '../../../server/admin/java-format.ts';

test('a double is printed as Java 17 prints it', () => {
  const cases: readonly [number, string][] = [
    [0, '0.0'],
    [1, '1.0'],
    [1.7547, '1.7547'],
    [12, '12.0'],
    [100, '100.0'],
    [-3.25, '-3.25'],
    [0.001, '0.001'],
    [0.0005, '5.0E-4'],
    [0.00012, '1.2E-4'],
    [9_999_999, '9999999.0'],
    [1e7, '1.0E7'],
    [12_500_000, '1.25E7'],
    [123_456_789.5, '1.234567895E8'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ];
  for (const [value, expected] of cases) assert.equal(javaDouble(value), expected);
});

test('a date is printed as Java 17 prints it in UTC', () => {
  const cases: readonly [number, string][] = [
    [0, 'Thu Jan 01 00:00:00 UTC 1970'],
    [951_782_399_000, 'Mon Feb 28 23:59:59 UTC 2000'],
    [951_782_400_000, 'Tue Feb 29 00:00:00 UTC 2000'],
    [1_709_164_800_000, 'Thu Feb 29 00:00:00 UTC 2024'],
    [1_795_342_940_123, 'Sun Nov 22 10:22:20 UTC 2026'],
    [4_107_542_399_000, 'Sun Feb 28 23:59:59 UTC 2100'],
    [4_102_444_800_000, 'Fri Jan 01 00:00:00 UTC 2100'],
    [-1000, 'Wed Dec 31 23:59:59 UTC 1969'],
  ];
  for (const [ms, expected] of cases) assert.equal(javaDate(ms), expected);
});

test('every day of 150 years is the day that Date says', () => {
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  for (let day = -7000; day < 48_000; day++) {
    const ms = day * 86_400_000 + 1000;
    const date = new Date(ms);
    const dayOfMonth = `${date.getUTCDate()}`.padStart(2, '0');
    const expected = `${months[date.getUTCMonth()]} ${dayOfMonth} 00:00:01 UTC ${date.getUTCFullYear()}`;
    assert.equal(javaDate(ms).slice(4), expected);
  }
});

test('a minute is printed in UTC', () => {
  assert.equal(minuteInUtc(Date.UTC(2026, 1, 1, 20, 8, 59)), '2026-02-01 20:08');
});

test('a remote address is printed as Java prints it', () => {
  const cases: readonly [string, string][] = [
    ['127.0.0.1', '/127.0.0.1:53714'],
    ['::ffff:10.1.2.3', '/10.1.2.3:53714'],
    ['::1', '/[0:0:0:0:0:0:0:1]:53714'],
    ['::', '/[0:0:0:0:0:0:0:0]:53714'],
    ['2001:db8::8a2e:370:7334', '/[2001:db8:0:0:0:8a2e:370:7334]:53714'],
    ['fe80::1%eth0', '/[fe80:0:0:0:0:0:0:1%eth0]:53714'],
    ['2001:0db8:1:2:3:4:5:6', '/[2001:db8:1:2:3:4:5:6]:53714'],
  ];
  for (const [address, expected] of cases)
    assert.equal(javaSocketAddress(address, 53714), expected);
});

test('64 bits are printed in decimal, whatever the sign', () => {
  const cases = [
    '0',
    '1',
    'f423f',
    'f4240',
    '3223e3e31',
    'e8d4a51000',
    'de0b6b3a7640000',
    '7fffffffffffffff',
    '8000000000000000',
    'ffffffffffffffff',
    'ffffffff00000000',
    'fffffffe00000001',
  ];
  for (const hex of cases) {
    const expected = BigInt.asIntN(64, BigInt(`0x${hex}`)).toString();
    assert.equal(int64ToDecimal(int64FromHex(hex)!), expected, hex);
  }
});
