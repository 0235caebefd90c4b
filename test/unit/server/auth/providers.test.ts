import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticationProviders } from '../../../../server/auth/providers.ts';
import type { Config } from '../../../../server/config/config-type.ts';
import { simConfig } from '../../../sim/in-process-server.ts';

function schemes(config: Partial<Config>): string[] {
  return authenticationProviders(simConfig(config)).map(({ scheme }) => scheme);
}

test('ip and digest are there unless digest is switched off', () => {
  assert.deepEqual(schemes({}), ['ip', 'digest']);
  assert.deepEqual(schemes({ digestAuthEnabled: false }), ['ip']);
});

test('an authProvider line brings digest back', () => {
  const authProviders = [{ name: '1', className: 'Digest', scheme: 'digest' }];
  assert.deepEqual(schemes({ digestAuthEnabled: false, authProviders }), ['ip', 'digest']);
  assert.deepEqual(schemes({ authProviders }), ['ip', 'digest']);
});

test('the super digest and the algorithm come from the configuration', () => {
  const [, digest] = authenticationProviders(
    simConfig({ superDigest: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=', digestAlg: 'sha1' }),
  );
  assert.equal(digest?.authenticate(Buffer.from('super:test'), '')?.[0]?.scheme, 'super');
});
