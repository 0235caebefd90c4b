import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConnectStringError,
  endpointToString,
  parseConnectString,
} from '../../../client/connect-string.ts';

const GOOD: readonly (readonly [string, readonly string[], string])[] = [
  ['a', ['a:2181'], ''],
  ['a:1', ['a:1'], ''],
  ['a:1,b,c:65535', ['a:1', 'b:2181', 'c:65535'], ''],
  [' a:1 , b:2 ', ['a:1', 'b:2'], ''],
  ['a:1,b:2/app', ['a:1', 'b:2'], '/app'],
  ['a:1/app/part', ['a:1'], '/app/part'],
  ['a:1/', ['a:1'], ''],
  ['[::1]:9', ['[::1]:9'], ''],
  ['[::1]', ['[::1]:2181'], ''],
  ['fe80::1', ['[fe80::1]:2181'], ''],
];

for (const [text, endpoints, chroot] of GOOD) {
  test(`'${text}' is ${endpoints.join(' and ')}${chroot === '' ? '' : ` below ${chroot}`}`, () => {
    const parsed = parseConnectString(text);
    assert.deepEqual(parsed.endpoints.map(endpointToString), endpoints);
    assert.equal(parsed.chroot, chroot);
  });
}

for (const text of ['', '/', ',', '/app', ':1', 'a:0', 'a:65536', 'a:x', 'a:', 'a/b/', 'a//b']) {
  test(`'${text}' is refused`, () => {
    assert.throws(() => parseConnectString(text), ConnectStringError);
  });
}
