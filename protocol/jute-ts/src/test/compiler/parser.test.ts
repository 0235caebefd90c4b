import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSchema, SchemaError } from 'jute-ts/compiler';

describe('parseSchema', () => {
  it('parses includes, modules, records and all types', () => {
    const schema = parseSchema(
      'a.jute',
      `include "b.jute"
      include "c.jute";
      module x.y { class A { byte a; vector<map<ustring,x.B>> b; } record B { } }
      module z { }`,
    );
    assert.deepEqual(
      schema.includes.map((include) => include.path),
      ['b.jute', 'c.jute'],
    );
    assert.deepEqual(
      schema.modules.map((module) => [module.name, module.records.map((record) => record.name)]),
      [
        ['x.y', ['A', 'B']],
        ['z', []],
      ],
    );
    const [byteField, vectorField] = schema.modules[0]!.records[0]!.fields;
    assert.equal(byteField!.type.kind, 'primitive');
    assert.equal(vectorField!.type.kind, 'vector');
  });

  it('keeps comments with what they speak of', () => {
    const schema = parseSchema(
      'a.jute',
      `// about the file

      // about the module
      module m {
        /**
         * about A,
         *   in two lines
         */
        class A { // also about A's first field
          // about a
          int a; // and this too
          int b; /* about b */ int c;
          int d;
        } // about nothing
        class B { int a; }
      }`,
    );
    const module = schema.modules[0]!;
    assert.deepEqual(module.doc, ['about the module']);
    const [a, b] = module.records;
    assert.deepEqual(a!.doc, ['about A,', 'in two lines']);
    assert.deepEqual(
      a!.fields.map((field) => field.doc),
      [["also about A's first field", 'about a', 'and this too'], ['about b'], [], []],
    );
    assert.deepEqual(b!.doc, []);
  });

  it('takes carriage returns, and a comment as the last thing without a line end', () => {
    const schema = parseSchema('a.jute', '// one\r\nmodule m {\r\n}\r\n// two');
    assert.deepEqual(schema.modules[0]!.doc, ['one']);
  });

  const mistakes: readonly [string, string, string][] = [
    ['class A {}', '1:1', 'expected "include" or "module", found "class"'],
    ['include b.jute', '1:9', 'expected a file name in double quotes, found "b"'],
    ['include "b.jute', '1:9', 'expected a file name and a closing " on this line'],
    ['include ""', '1:9', 'expected a file name and a closing " on this line'],
    ['module {', '1:8', 'expected the name of the module, found "{"'],
    ['module a. {', '1:11', 'expected the name of the module, found "{"'],
    [
      'module a.map {',
      '1:10',
      'expected the name of the module, which a keyword cannot be, found "map"',
    ],
    ['module m {', '1:11', 'expected "class" or "}", found the end of the file'],
    ['module m {\n  int a;\n}', '2:3', 'expected "class" or "}", found "int"'],
    ['module m {\n  class {\n', '2:9', 'expected the name of the record, found "{"'],
    ['module m { class A {', '1:21', 'expected a type, found the end of the file'],
    ['module m { class A { int }', '1:26', 'expected the name of the field, found "}"'],
    [
      'module m { class A { int int; }',
      '1:26',
      'expected the name of the field, which a keyword cannot be, found "int"',
    ],
    ['module m { class A {\n    int a\n    int b; } }', '3:5', 'expected ";", found "int"'],
    ['module m { class A { vector<int a; } }', '1:33', 'expected ">", found "a"'],
    ['module m { class A { vector int; } }', '1:29', 'expected "<", found "int"'],
    ['module m { class A { map<int> a; } }', '1:29', 'expected ",", found ">"'],
    ['module m { class A { int a = 1; } }', '1:28', 'unexpected character "="'],
    ['module m { class A { int ä; } }', '1:26', 'unexpected character "ä"'],
    ['module m {\n/* never closed\n}', '2:1', 'this comment has no end; close it with */'],
    [`module m { class A { ${'vector<'.repeat(99)}`, '1:141', 'types are nested deeper than 16'],
  ];
  for (const [source, position, reason] of mistakes) {
    it(`says where and what is wrong: ${reason}`, () => {
      const [line, column] = position.split(':').map(Number);
      assert.throws(
        () => parseSchema('bad.jute', source),
        (error: unknown) => {
          assert(error instanceof SchemaError);
          assert.equal(error.message, `bad.jute:${position}: ${reason}`);
          assert.equal(error.kind, 'syntax');
          assert.deepEqual(error.position, { file: 'bad.jute', line, column });
          return true;
        },
      );
    });
  }
});
