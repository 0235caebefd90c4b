import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { compile, type SchemaFile } from 'jute-ts/compiler';

/** From dist/test/unit/protocol to the repository. */
const PROTOCOL: string = path.join(import.meta.dirname, '../../../../protocol');
const SCHEMA: string = path.join(PROTOCOL, 'schema');
const GENERATED: string = path.join(PROTOCOL, 'generated');

const schema = (name: string): SchemaFile => ({
  name,
  text: readFileSync(path.join(SCHEMA, name), 'utf8'),
});

describe('protocol/generated', () => {
  const names = readdirSync(SCHEMA).filter((name) => name.endsWith('.jute'));
  const results = compile(names.map(schema), schema);

  it('has the files that the schemas compile to, and no others', () => {
    assert.deepEqual(readdirSync(GENERATED).sort(), [...results.keys()].sort());
  });

  for (const [name, text] of results) {
    it(`has in ${name} what the compiler makes of the schema; else run \`npm run generate\``, () => {
      assert.equal(readFileSync(path.join(GENERATED, name), 'utf8'), text);
    });
  }
});
