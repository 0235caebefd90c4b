import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { findViolations, type SourceFile } from '../support/architecture-rules.ts';
import { findImports, scanSource } from '../support/source-scanner.ts';

/** From dist/test/unit to the repository. */
const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const PARTS = ['protocol', 'storage', 'election', 'server', 'client', 'test'];

async function readSources(): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const part of PARTS) {
    const folder = path.join(REPOSITORY, part);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const full = path.join(entry.parentPath, entry.name);
      const relative = path.relative(REPOSITORY, full).split(path.sep).join('/');
      if (!entry.isFile() || !relative.endsWith('.ts')) continue;
      if (/(^|\/)(node_modules|dist|target)\//.test(relative)) continue;
      files.push({ path: relative, text: await readFile(full, 'utf8') });
    }
  }
  return files;
}

test('every source file keeps the rules of the house', async () => {
  const files = await readSources();
  // A check that reads nothing would pass, too.
  for (const part of PARTS) {
    assert(
      files.some((file) => file.path.startsWith(`${part}/`)),
      `${part}/ has source files`,
    );
  }
  assert.deepEqual(findViolations(files), []);
});

/** One bad file each, and what must be said of it. */
const BAD: readonly { readonly path: string; readonly text: string; readonly says: RegExp }[] = [
  {
    path: 'storage/x.ts',
    text: "import { a } from '../server/a.ts';",
    says: /storage must not import server/,
  },
  {
    path: 'storage/x.ts',
    text: "import type { A } from '../election/a.ts';",
    says: /storage must not import election/,
  },
  {
    path: 'protocol/x.ts',
    text: "import { a } from '../storage/a.ts';",
    says: /protocol must not import storage/,
  },
  {
    path: 'protocol/jute-ts/src/runtime/x.ts',
    text: "import { a } from '../../../zxid.ts';",
    says: /jute-ts must not import protocol/,
  },
  {
    path: 'client/x.ts',
    text: "import {\n  a,\n  b,\n} from '../storage/a.ts';",
    says: /x\.ts:1: .*client must not import storage/,
  },
  {
    path: 'server/x.ts',
    text: "import { a } from '../client/a.ts';",
    says: /server must not import client/,
  },
  { path: 'server/x.ts', text: "import '../client/a.ts';", says: /must not import client/ },
  { path: 'server/x.ts', text: "await import('../client/a.ts');", says: /must not import client/ },
  {
    path: 'server/x.ts',
    text: "import { a } from '../test/support/a.ts';",
    says: /nothing imports tests/,
  },
  {
    path: 'server/x.ts',
    text: "import { a } from './io/a.ts';",
    says: /only main\.ts, tests and io\/ import an io/,
  },
  {
    path: 'server/x.ts',
    text: "import { a } from '../scripts/a.ts';",
    says: /outside of the house/,
  },
  { path: 'server/x.ts', text: "import fs from 'node:fs';", says: /imports node:fs/ },
  { path: 'server/x.ts', text: "import { a } from 'node:fs/promises';", says: /node:fs\/promises/ },
  { path: 'server/x.ts', text: "import net from 'node:net';", says: /imports node:net/ },
  { path: 'server/x.ts', text: "import tls from 'tls';", says: /imports tls/ },
  { path: 'server/x.ts', text: "import { pino } from 'pino';", says: /imports pino/ },
  { path: 'server/x.ts', text: "import { a } from 'node:timers/promises';", says: /node:timers/ },
  { path: 'storage/x.ts', text: 'const a = Date.now();', says: /x\.ts:1: Date in pure code/ },
  { path: 'storage/x.ts', text: '\n\nf(new Date());', says: /x\.ts:3: Date in pure code/ },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code under test
  { path: 'storage/x.ts', text: 'f(`${performance.now()}`);', says: /performance in pure code/ },
  { path: 'election/x.ts', text: 'f(Math.random());', says: /Math\.random in pure code/ },
  { path: 'client/x.ts', text: 'setTimeout(f, 1);', says: /setTimeout in pure code/ },
  { path: 'client/x.ts', text: 'setImmediate(f);', says: /setImmediate in pure code/ },
  { path: 'protocol/x.ts', text: 'f(process.env);', says: /process in pure code/ },
  { path: 'protocol/x.ts', text: 'a.sort((b, c) => b.localeCompare(c));', says: /localeCompare/ },
  { path: 'server/x.ts', text: 'console.log(1);', says: /console in pure code/ },
  { path: 'server/x.ts', text: 'let a = 1;', says: /module-level let/ },
  { path: 'server/io/x.ts', text: 'export let a: number;', says: /module-level let/ },
  { path: 'server/x.ts', text: 'export default class X {}', says: /default export/ },
  { path: 'server/x.ts', text: 'export { a as default };', says: /default export/ },
  { path: 'server/x.ts', text: "export * from './a.ts';", says: /barrel/ },
  { path: 'server/x.ts', text: "export { a } from './a.ts';", says: /barrel/ },
  { path: 'server/index.ts', text: '', says: /only jute-ts has an entry file/ },
  { path: 'server/utils.ts', text: '', says: /name it after what it does/ },
  { path: 'server/dataTree.ts', text: '', says: /not kebab-case/ },
  { path: 'protocol/generated/x.ts', text: '/* mine */', says: /not generated/ },
];

for (const { path: file, text, says } of BAD) {
  test(`the rules refuse ${file} with ${JSON.stringify(text)}`, () => {
    const found = findViolations([{ path: file, text }]);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', says);
  });
}

/** Files that look bad and are not. */
const GOOD: readonly SourceFile[] = [
  { path: 'server/x.ts', text: "import { a } from '../storage/a.ts';\nimport 'node:assert';" },
  { path: 'storage/x.ts', text: "import type { Int64 } from 'jute-ts';" },
  { path: 'server/main.ts', text: "import { a } from './io/a.ts';\nprocess.exit(Date.now());" },
  { path: 'server/io/x.ts', text: "import net from 'node:net';\nimport { a } from '../a.ts';" },
  { path: 'test/unit/x.test.ts', text: "import { a } from '../../client/io/a.ts';\nlet b;" },
  { path: 'server/x.ts', text: "// import { a } from '../client/a.ts'\n/* Date.now() */" },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code under test
  { path: 'server/x.ts', text: 'f(\'Date.now()\', "setTimeout", `process.exit() ${a} let b`);' },
  { path: 'server/x.ts', text: 'const quote = /[\'"`]/; f(a / b / c); // Date' },
  {
    path: 'server/x.ts',
    text: 'clock.setTimeout(f); this.process(a); g({ process: 1, Date: 2 });',
  },
  {
    path: 'server/x.ts',
    text: 'type T = { readonly process?: string };\nclass A { #process = 1; }',
  },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source code under test
  { path: 'server/x.ts', text: 'function f() { let a = `${(() => { let b; return b; })()}`; }' },
  { path: 'server/x.ts', text: 'for (let i = 0; i < 1; i += 1) f(i);' },
  { path: 'protocol/jute-ts/src/index.ts', text: "export { a } from './a.ts';" },
  {
    path: 'protocol/generated/x.ts',
    text: '// Generated by jute-ts from module a.b. Do not edit: change the schema instead.\n',
  },
];

for (const file of GOOD) {
  test(`the rules accept ${file.path} with ${JSON.stringify(file.text)}`, () => {
    assert.deepEqual(findViolations([file]), []);
  });
}

test('imports are found in all their forms', () => {
  const source = scanSource(
    [
      "import a from 'a';",
      "import * as b from 'b';",
      "import type { C } from 'c';",
      "import d, { e as f } from 'd';",
      "import 'g';",
      "export type { H } from 'h';",
      "const i = await import('i');",
      "type J = import('j').J;",
      "export const k = 'k';",
      "f(`import l from 'l'`);",
    ].join('\n'),
  );
  assert.deepEqual(
    findImports(source).map(({ specifier, line }) => `${line} ${specifier}`),
    ['1 a', '2 b', '3 c', '4 d', '5 g', '6 h', '7 i', '8 j'],
  );
});
