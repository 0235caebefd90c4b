import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { compile, SchemaError } from 'jute-ts/compiler';

/** The sample schema and what it compiles to are read from the sources; the tests run from dist/test/compiler. */
const SAMPLE: string = path.join(import.meta.dirname, '../../../src/test/sample');
const sample = (name: string): string => readFileSync(path.join(SAMPLE, name), 'utf8');

const compileText = (text: string): ReadonlyMap<string, string> =>
  compile([{ name: 'a.jute', text }]);

describe('compile', () => {
  it('makes of the sample schema what is committed beside it', () => {
    const loads: string[] = [];
    const results = compile(
      [{ name: 'shapes.jute', text: sample('shapes.jute') }],
      (file, from) => {
        loads.push(`${from} includes ${file}`);
        return { name: file, text: sample(file) };
      },
    );
    assert.deepEqual([...results.keys()], ['colors.ts', 'shapes.ts']);
    for (const [name, text] of results) assert.equal(text, sample(name), name);
    assert.deepEqual(loads, ['shapes.jute includes colors.jute']);
  });

  it('compiles a file once, however often and from wherever it is included', () => {
    const files: Readonly<Record<string, string>> = {
      'a.jute': 'include "b.jute" include "c.jute" module a { class A { c.C c; } }',
      'b.jute': 'include "c.jute" module b { class B { c.C c; } }',
      'c.jute': 'include "a.jute" module c { class C { int x; } }',
    };
    const file = (name: string): { name: string; text: string } => ({ name, text: files[name]! });
    const results = compile([file('a.jute'), file('c.jute')], file);
    assert.deepEqual([...results.keys()].sort(), ['a.ts', 'b.ts', 'c.ts']);
  });

  it('joins the parts of a module, and finds records before they are declared', () => {
    const text = compileText(
      'module m { class A { B b; } } module m { class B { m.C c; } class C { int x; } }',
    ).get('m.ts')!;
    assert.deepEqual(text.match(/^export type \w+/gm), [
      'export type A',
      'export type B',
      'export type C',
    ]);
  });

  it('emits nothing for a module without records', () => {
    assert.equal(compileText('module m { }').size, 0);
  });

  it('turns comments into docstrings that cannot end early', () => {
    const text = compileText('module m {\n// a */ b\nclass A { int x; } }').get('m.ts')!;
    assert.match(text, /\* a \* \/ b/);
  });

  const mistakes: readonly [string, string, string][] = [
    [
      'module m { class A { B b; } }',
      '1:22',
      'there is no record m.B; declare it, or include the file that does',
    ],
    [
      'module m { class A { B b; } } module n { class B { int x; } }',
      '1:22',
      'there is no record m.B; did you mean n.B?',
    ],
    [
      'module m { class A { o.B b; } }',
      '1:22',
      'there is no record o.B; declare it, or include the file that does',
    ],
    [
      'module m { class A { int a; }\nclass A { int b; } }',
      '2:7',
      'record m.A is already declared at a.jute:1',
    ],
    ['module m { class A { int a; long a; } }', '1:34', 'record A already has a field a'],
    [
      'module m { class Int64 { int a; } }',
      '1:18',
      'a record cannot be called Int64: generated code uses that name; rename it',
    ],
    [
      'module m { class A { B b; } class B { A a; } }',
      '1:18',
      'record A contains itself, so that it would never end; put a vector between',
    ],
    [
      'module m { class A { A a; } }',
      '1:18',
      'record A contains itself, so that it would never end; put a vector between',
    ],
    [
      'module m { class E { } class A { vector<E> a; } }',
      '1:44',
      'the items of a take no bytes, so that its count could not be checked against the input',
    ],
    [
      'module m { class E { } class A { vector<map<E,E>> a; } }',
      '1:51',
      'the items of a take no bytes, so that its count could not be checked against the input',
    ],
    [
      'module x.m { } module y.m { }',
      '1:23',
      'modules x.m and y.m would both be written to m.ts; rename one',
    ],
    [
      'module x.M { } module y.m { }',
      '1:23',
      'modules x.M and y.m would both be written to m.ts; rename one',
    ],
    [
      'include "no.jute"',
      '1:9',
      'there is no file no.jute; paths are relative to the including file',
    ],
  ];
  for (const [source, position, reason] of mistakes) {
    it(`refuses with ${position}: ${reason}`, () => {
      assert.throws(
        () => compileText(source),
        (error: unknown) => {
          assert(error instanceof SchemaError);
          assert.equal(error.message, `a.jute:${position}: ${reason}`);
          assert.equal(error.kind, 'meaning');
          return true;
        },
      );
    });
  }
});
