import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findKey } from '../../../server/config/keys.ts';
import { parseProperties } from '../../../server/config/properties.ts';
import { parseConfig } from '../../../server/config.ts';

const EXAMPLE = readFileSync(
  path.resolve(import.meta.dirname, '../../../../zoo.cfg.example'),
  'utf8',
);
const NO_PROPERTIES = { file: 'zoo.cfg.example', systemProperties: new Map<string, string>() };

/** The keys that are shown with an example, since they have no value when they are not set. */
const WITHOUT_DEFAULT = [
  'dataLogDir',
  'clientPortAddress',
  'DigestAuthenticationProvider.superDigest',
  'enforce.auth.schemes',
];

/** The example with every `#key=value` taken out of its comment, but for `keys`. */
function uncommented(except: readonly string[]): string {
  return EXAMPLE.replace(/^#(\S+?)=(.*)$/gm, (line, key: string, value: string) =>
    except.includes(key) ? line : `${key}=${value}`,
  );
}

test('the example is a configuration without a warning', () => {
  const { config, warnings } = parseConfig(EXAMPLE, NO_PROPERTIES);
  assert.deepEqual(warnings, []);
  assert.deepEqual([config.clientPort, config.dataDir], [2181, './data']);
});

test('what the example shows is what is so when it is not set', () => {
  const shown = parseConfig(uncommented(WITHOUT_DEFAULT), NO_PROPERTIES);
  assert.deepEqual(shown.config, parseConfig(EXAMPLE, NO_PROPERTIES).config);
});

test('every key of the example is one that this release acts on', () => {
  const { properties } = parseProperties(uncommented([]));
  assert.ok(properties.length > 40);
  for (const { key } of properties) assert.equal(findKey(key)?.status.kind, 'used', key);
});
