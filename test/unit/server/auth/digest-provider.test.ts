import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DigestProvider } from '../../../../server/auth/digest-provider.ts';

const SHA1 = new DigestProvider({ superDigest: null, algorithm: 'SHA1' });

/** From Apache's DigestAuthenticationProvider.generateDigest. */
const IDENTITIES: readonly (readonly [credentials: string, id: string])[] = [
  ['user:password', 'user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY='],
  ['super:test', 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='],
  ['user', 'user:Et6pb+wgWTVmq3VpLJlJWWgzrck='],
  ['user:', 'user:kd7q5xGKLW+18xQTfO8iqRaFvsM='],
  ['', ':2jmj7l5rSw0yVb/vlWAYkK/YBwk='],
  [':', ':BaefBs8/Z/cm2uaNGKIpD2yaUMk='],
  [':pw', ':krPDEYdCl854cFNT6IXnoMv+VVA='],
  ['a:b:c', 'a:cLzgnoJ6mP5qz3w+mwvPE2vDgu0='],
  ['jörg:päss', 'jörg:+J/6zT5hJybcwHjurblk558I1m0='],
  ['😀:x', '😀:REqPFl+hNWT76jWOnLhc6nLqmrk='],
];

for (const [credentials, id] of IDENTITIES) {
  test(`«${credentials}» proves ${id}`, () => {
    assert.deepEqual(SHA1.authenticate(Buffer.from(credentials)), [{ scheme: 'digest', id }]);
  });
}

test('a packet without data proves nothing', () => {
  assert.equal(SHA1.authenticate(null), undefined);
});

test('who presents the super digest is super as well, and nobody else', () => {
  const superDigest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';
  const provider = new DigestProvider({ superDigest, algorithm: 'SHA1' });
  assert.deepEqual(provider.authenticate(Buffer.from('super:test')), [
    { scheme: 'super', id: '' },
    { scheme: 'digest', id: superDigest },
  ]);
  assert.deepEqual(
    provider.authenticate(Buffer.from('super:tesT'))?.map(({ scheme }) => scheme),
    ['digest'],
  );
});

test('the algorithm may be named as Java or as Node name it', () => {
  // echo -n user:password | openssl dgst -sha256 -binary | base64
  const expected = 'user:yRsdas04PETE7CDJcj51jDEYKh9PAjHWPZElmi6hS50=';
  for (const algorithm of ['SHA-256', 'sha256', 'SHA256', 'sha-256']) {
    const provider = new DigestProvider({ superDigest: null, algorithm });
    assert.deepEqual(provider.authenticate(Buffer.from('user:password')), [
      { scheme: 'digest', id: expected },
    ]);
  }
  for (const algorithm of ['SHA-512/256', 'MD5', 'SHA3-256']) {
    const provider = new DigestProvider({ superDigest: null, algorithm });
    assert.equal(provider.authenticate(Buffer.from('user:password'))?.length, 1, algorithm);
  }
});

/** From Apache's isValid: Java's split drops empty parts at the end, not at the beginning. */
const VALID: readonly (readonly [id: string, valid: boolean])[] = [
  ['user:hash', true],
  ['user:', false],
  ['user', false],
  [':hash', true],
  [':', false],
  ['', false],
  ['a:b:c', false],
  ['a:b:', true],
  ['a:b::', true],
  ['a::b', false],
  ['::', false],
  [' : ', true],
];

for (const [id, valid] of VALID) {
  test(`«${id}» is ${valid ? 'a' : 'no'} valid digest id`, () => {
    assert.equal(SHA1.isValid(id), valid);
  });
}

test('an id is matched whole and shown without its hash', () => {
  assert.equal(SHA1.matches('user:hash', 'user:hash'), true);
  assert.equal(SHA1.matches('user:hash', 'user:Hash'), false);
  assert.equal(SHA1.matches('user:hash', 'user'), false);
  const SHOWN = [
    ['user:hash', 'user'],
    ['user', 'user'],
    ['', ''],
    [':x', ''],
    ['a:b:c', 'a'],
  ] as const;
  for (const [id, name] of SHOWN) assert.equal(SHA1.userName(id), name);
});
