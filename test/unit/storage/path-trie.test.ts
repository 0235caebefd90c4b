import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PathTrie } from '../../../storage/path-trie.ts';

function trieOf(...paths: string[]): PathTrie {
  const trie = new PathTrie();
  for (const path of paths) trie.add(path);
  return trie;
}

describe('PathTrie', () => {
  const trie = trieOf('/a', '/a/b/c', '/x/y');
  const cases: [string, string | null][] = [
    ['/a', '/a'],
    ['/a/z', '/a'],
    ['/a/b', '/a'],
    ['/a/b/c', '/a/b/c'],
    ['/a/b/c/d/e', '/a/b/c'],
    ['/ab', null],
    ['/x', null],
    ['/x/y', '/x/y'],
    ['/x/yy', null],
    ['/', null],
    ['', null],
  ];
  for (const [path, prefix] of cases) {
    it(`finds ${prefix} for ${JSON.stringify(path)}`, () => {
      assert.equal(trie.longestPrefix(path), prefix);
    });
  }

  it('forgets a path and keeps those above and below it', () => {
    const paths = trieOf('/a', '/a/b', '/a/b/c');
    paths.delete('/a/b');
    paths.delete('/not/there');
    assert.equal(paths.longestPrefix('/a/b'), '/a');
    assert.equal(paths.longestPrefix('/a/b/c/d'), '/a/b/c');
    paths.delete('/a/b/c');
    paths.delete('/a');
    assert.equal(paths.size, 0);
    assert.equal(paths.longestPrefix('/a/b/c'), null);
  });

  it('counts a path once, and the root never', () => {
    const paths = trieOf('/a', '/a', '/', '');
    assert.equal(paths.size, 1);
    assert.equal(paths.longestPrefix('/b'), null);
  });

  it('passes over components of nothing but blanks, as Apache does', () => {
    assert.equal(trieOf('/a/ /b').longestPrefix('/a/b/c'), '/a/b');
    assert.equal(trieOf('/a b').longestPrefix('/a b/  /c'), '/a b');
  });
});
