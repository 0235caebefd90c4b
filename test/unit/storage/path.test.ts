import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  childPath,
  isSpecialPath,
  nodeName,
  parentPath,
  validatePath,
} from '../../../storage/path.ts';

describe('validatePath', () => {
  const valid = [
    '/',
    '/a',
    '/a/b',
    '/a b',
    '/.a',
    '/a.',
    '/a..',
    '/..a',
    '/...',
    '/a/.../b',
    '/é',
    '/日本',
    '/\u00a0',
    '/\ud7ff',
    '/\uf900',
    '/\uffef',
  ];
  for (const path of valid) {
    it(`accepts ${JSON.stringify(path)}`, () => assert.equal(validatePath(path), null));
  }

  const invalid: [string | null, RegExp][] = [
    [null, /required/],
    ['', /empty/],
    ['a', /start/],
    ['/a/', /end/],
    ['//', /end/],
    ['//a', /empty at 1/],
    ['/a//b', /empty at 3/],
    ['/.', /\. or \.\. at 1/],
    ['/..', /\. or \.\. at 1/],
    ['/a/.', /\. or \.\. at 3/],
    ['/a/./b', /\. or \.\. at 3/],
    ['/a/../b', /\. or \.\. at 3/],
    ['/../a', /\. or \.\. at 1/],
    ['/a\0', /U\+0000 at 2/],
    ['/\u0001', /U\+0001 at 1/],
    ['/\u001f', /U\+001F/],
    ['/\u007f', /U\+007F/],
    ['/\u009f', /U\+009F/],
    ['/\ud800', /U\+D800/],
    ['/😀', /U\+D83D/],
    ['/\ue000', /U\+E000/],
    ['/\uf8ff', /U\+F8FF/],
    ['/\ufff0', /U\+FFF0/],
    ['/\uffff', /U\+FFFF/],
  ];
  for (const [path, reason] of invalid) {
    it(`refuses ${JSON.stringify(path)}`, () => assert.match(validatePath(path) ?? '', reason));
  }
});

describe('parts of a path', () => {
  it('are the parent, / for a node at the top, and the name', () => {
    assert.equal(parentPath('/a'), '/');
    assert.equal(parentPath('/a/b/c'), '/a/b');
    assert.equal(nodeName('/a/b/c'), 'c');
  });

  it('make the path of a child', () => {
    assert.equal(childPath('/', 'a'), '/a');
    assert.equal(childPath('/a', 'b'), '/a/b');
  });
});

describe('isSpecialPath', () => {
  it('knows the nodes that no client may delete', () => {
    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      assert.ok(isSpecialPath(path), path);
    }
    for (const path of ['/a', '/zookeeper/quota/a', '/zookeeperx']) {
      assert.ok(!isSpecialPath(path), path);
    }
  });
});
