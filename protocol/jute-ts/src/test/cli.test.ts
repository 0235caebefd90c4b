import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';

const CLI: string = path.join(import.meta.dirname, '../cli.js');
const root: string = mkdtempSync(path.join(tmpdir(), 'jute-ts-cli-'));
after(() => rmSync(root, { recursive: true }));

const run = (...args: string[]): { code: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
};

mkdirSync(path.join(root, 'schema/deep'), { recursive: true });
writeFileSync(
  path.join(root, 'schema/a.jute'),
  'include "deep/b.jute" module x.a { class A { x.b.B b; ustring s; } }',
);
writeFileSync(path.join(root, 'schema/deep/b.jute'), 'module x.b { class B { int i; } }');
writeFileSync(path.join(root, 'schema/bad.jute'), 'module x.bad {\n  class A { Missing m; }\n}');

describe('jute-ts', () => {
  it('teaches with --help', () => {
    const { code, out } = run('--help');
    assert.equal(code, 0);
    for (const word of ['--out', '--check', 'Exit codes', 'module org.example']) {
      assert(out.includes(word), word);
    }
  });

  const wrongUsage: readonly [string, string[], RegExp][] = [
    ['without --out', ['schema/a.jute'], /Add --out DIR/],
    ['without a schema', ['--out', 'gen'], /Name at least one \.jute file/],
    ['with an unknown option', ['--output', 'gen'], /--output/],
  ];
  for (const [name, args, message] of wrongUsage) {
    it(`fails with exit code 2 and points to the help ${name}`, () => {
      const { code, err } = run(...args);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.match(err, /--help/);
    });
  }

  it('writes one file per module, of included files too, and leaves files alone that are right', () => {
    assert.deepEqual(run('--out', 'gen/deep', 'schema/a.jute'), { code: 0, out: '', err: '' });
    const file = path.join(root, 'gen/deep/a.ts');
    assert.match(readFileSync(file, 'utf8'), /from '\.\/b\.ts'/);
    const { mtimeMs } = statSync(file);
    assert.equal(run('--out', 'gen/deep', 'schema/deep/b.jute', 'schema/a.jute').code, 0);
    assert.equal(statSync(file).mtimeMs, mtimeMs);
  });

  it('checks silently what is right, even if a formatter has been there', () => {
    run('--out', 'checked', 'schema/a.jute');
    const file = path.join(root, 'checked/a.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll("'", '"').replaceAll(';', '').replaceAll('  ', '\t'));
    assert.deepEqual(run('--check', '--out', 'checked', 'schema/a.jute'), {
      code: 0,
      out: '',
      err: '',
    });
  });

  it('names what differs or is missing with --check, and writes nothing', () => {
    run('--out', 'stale', 'schema/a.jute');
    const file = path.join(root, 'stale/a.ts');
    const changed = readFileSync(file, 'utf8').replace('readInt', 'readLong').replace('r.', 'q.');
    writeFileSync(file, changed);
    rmSync(path.join(root, 'stale/b.ts'));
    const { code, err } = run('--check', '--out', 'stale', 'schema/a.jute');
    assert.equal(code, 1);
    assert.match(err, /^stale\/b\.ts: differs.*\nstale\/a\.ts: differs.*\n$/);
    assert.equal(readFileSync(file, 'utf8'), changed);
  });

  it('fails with exit code 1 and the place of a mistake in a schema', () => {
    const { code, err } = run('--out', 'gen', 'schema/bad.jute');
    assert.equal(code, 1);
    assert.equal(
      err,
      'schema/bad.jute:2:13: there is no record x.bad.Missing; declare it, or include the file that does\n',
    );
  });

  it('fails with exit code 1 and the name of a schema that is not there', () => {
    const { code, err } = run('--out', 'gen', 'schema/none.jute');
    assert.equal(code, 1);
    assert.match(err, /ENOENT.*none\.jute/);
  });
});
