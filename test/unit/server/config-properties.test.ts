import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '../../../server/config/properties.ts';

/** Text, and what java.util.Properties of Java 17 makes of it (keys and values trimmed). */
const AS_JAVA: readonly [text: string, entries: Readonly<Record<string, string>>][] = [
  ['a=b', { a: 'b' }],
  ['a = b ', { a: 'b' }],
  ['a:b', { a: 'b' }],
  ['a b', { a: 'b' }],
  ['a\tb', { a: 'b' }],
  ['  a  =  b', { a: 'b' }],
  ['a', { a: '' }],
  ['a=', { a: '' }],
  ['=b', { '': 'b' }],
  ['a==b', { a: '=b' }],
  ['a= =b', { a: '=b' }],
  ['a : = b', { a: '= b' }],
  ['# c\n! d\na=1', { a: '1' }],
  ['a=1#2', { a: '1#2' }],
  ['a=b\\\n   c', { a: 'bc' }],
  ['a=b\\\\\nc=d', { a: 'b\\', c: 'd' }],
  ['a=b\\\n#c', { a: 'b#c' }],
  ['a=b\\\n\nc=d', { a: 'b', c: 'd' }],
  ['\\\na=b', { a: 'b' }],
  ['a\\ b=c', { 'a b': 'c' }],
  ['a\\=b=c', { 'a=b': 'c' }],
  ['a\\:b:c', { 'a:b': 'c' }],
  ['a=\\t|\\n|\\r|\\f|\\q|\\\\', { a: '|\n|\r|\f|q|\\' }],
  ['a=\\u0041\\u00e9', { a: 'Aé' }],
  ['a=1\na=2', { a: '2' }],
  ['a=b\\', { a: 'b' }],
  ['a=b\r\nc=d\re=f', { a: 'b', c: 'd', e: 'f' }],
  ['   # x\na=b', { a: 'b' }],
  ['a\\\nb=c', { ab: 'c' }],
  ['a=\\ b', { a: 'b' }],
  ['a\\u003db=c', { 'a=b': 'c' }],
  ['# x\\\na=b', { a: 'b' }],
  ['a=b\\\n  \\\n c', { a: 'bc' }],
  ['a\fb', { a: 'b' }],
  ['a=\\', { a: '' }],
  ['a\\tb=1', { 'a\tb': '1' }],
];

test('a text means what it means to java.util.Properties', () => {
  for (const [text, expected] of AS_JAVA) {
    const entries: Record<string, string> = {};
    for (const { key, value } of parseProperties(text).properties) entries[key] = value;
    assert.deepEqual(entries, expected, JSON.stringify(text));
  }
});

test('a setting has the number of the line on which it begins', () => {
  const { properties } = parseProperties('# comment\n\na=1\\\n  2\r\nb=3\rc=4\n');
  assert.deepEqual(
    properties.map(({ key, line }) => [key, line]),
    [
      ['a', 3],
      ['b', 5],
      ['c', 6],
    ],
  );
});

test('repeated keys all come back, in order', () => {
  const { properties } = parseProperties('a=1\nb=2\na=3');
  assert.deepEqual(
    properties.map(({ key, value }) => key + value),
    ['a1', 'b2', 'a3'],
  );
});

test('a broken \\u escape is a fault with its line', () => {
  for (const broken of ['\\u12', '\\uzzzz', '\\u']) {
    assert.deepEqual(parseProperties(`a=1\nb=${broken}`).faults, [{ line: 2, escape: broken }]);
  }
});

test('a byte order mark is no part of the first key', () => {
  assert.equal(parseProperties('\uFEFFa=1').properties[0]?.key, 'a');
});
