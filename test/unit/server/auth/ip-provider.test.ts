import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IpProvider } from '../../../../server/auth/ip-provider.ts';

const ip = new IpProvider();

/** From Apache's IPAuthenticationProvider.isValid. */
const VALID: readonly (readonly [id: string, valid: boolean])[] = [
  ['1.2.3.4', true],
  ['1.2.3.4/0', true],
  ['1.2.3.4/32', true],
  ['1.2.3.4/33', false],
  ['1.2.3.4/-1', false],
  ['1.2.3.4/', false],
  ['1.2.3.4/8/9', false],
  ['1.2.3.4/+8', true],
  ['1.2.3.4/ 8', false],
  ['1.2.3', false],
  ['1.2.3.4.5', false],
  ['1.2.3.256', false],
  ['1.2.3.-1', false],
  ['1.2.3.+4', true],
  ['01.002.3.4', true],
  ['1.2.3.', false],
  ['localhost', false],
  ['', false],
  ['/8', false],
  ['::1', true],
  ['::', true],
  ['1::', true],
  ['2001:db8::1', true],
  ['2001:db8::1/64', true],
  ['2001:db8::1/128', true],
  ['2001:db8::1/129', false],
  ['1:2:3:4:5:6:7:8', true],
  ['1:2:3:4:5:6:7', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1:2:3:4:5:6:7::8', false],
  ['1:2:3:4:5:6::8', true],
  ['1::2::3', false],
  [':::', false],
  ['12345::', false],
  ['g::', false],
  ['::ffff:1.2.3.4', false],
  ['1.2.3.4 ', false],
  [' 1.2.3.4', false],
  ['fe80::1%eth0', false],
  [':1:2:3:4:5:6:7', false],
];

for (const [id, valid] of VALID) {
  test(`«${id}» is ${valid ? 'a' : 'no'} valid ip id`, () => {
    assert.equal(ip.isValid(id), valid);
  });
}

/** From Apache's IPAuthenticationProvider.matches. */
const MATCHES: readonly (readonly [id: string, expression: string, matches: boolean])[] = [
  ['1.2.3.4', '1.2.3.4', true],
  ['1.2.3.4', '1.2.3.5', false],
  ['1.2.3.4', '1.2.3.0/24', true],
  ['1.2.3.4', '1.2.4.0/24', false],
  ['1.2.3.4', '9.9.9.9/0', true],
  ['1.2.3.129', '1.2.3.128/25', true],
  ['1.2.3.127', '1.2.3.128/25', false],
  ['1.2.3.4', '1.2.3.6/31', false],
  ['1.2.3.7', '1.2.3.6/31', true],
  ['10.1.2.3', '10.0.0.0/7', true],
  ['11.1.2.3', '10.0.0.0/7', true],
  ['12.1.2.3', '10.0.0.0/7', false],
  ['::1', '::1', true],
  ['0:0:0:0:0:0:0:1', '::1', true],
  ['2001:db8::5', '2001:db8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['2001:db8:0:1::5', '2001:db8::/63', true],
  ['2001:db8:0:2::5', '2001:db8::/63', false],
  ['::1', '0.0.0.0/0', false],
  ['1.2.3.4', '::/0', false],
  ['1.2.3.4', 'bad', false],
  ['bad', '1.2.3.4', false],
  ['1.2.3.4', '1.2.3.4/33', false],
  ['::102:304', '1.2.3.4', false],
];

for (const [id, expression, matches] of MATCHES) {
  test(`${expression} ${matches ? 'means' : 'does not mean'} ${id}`, () => {
    assert.equal(ip.matches(id, expression), matches);
  });
}

test('the address is an identity that needs no proof and proves nothing for «auth»', () => {
  assert.deepEqual(ip.authenticate(null, '10.0.0.7'), [{ scheme: 'ip', id: '10.0.0.7' }]);
  assert.equal(ip.authenticates, false);
  assert.equal(ip.userName('10.0.0.7'), '10.0.0.7');
});
