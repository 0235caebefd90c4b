import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ACL } from '../../../protocol/generated/data.ts';
import { OPEN_ACL_UNSAFE } from '../../../protocol/permission.ts';
import { AclCache, OPEN_ACL_ID } from '../../../storage/acl.ts';

function acl(perms: number, scheme: string | null, id: string | null): ACL {
  return { perms, id: { scheme, id } };
}

describe('AclCache', () => {
  it('gives equal lists one id and one array', () => {
    const cache = new AclCache();
    const first = [acl(1, 'digest', 'ann:x'), acl(31, 'ip', '10.0.0.1')];
    const id = cache.acquire(first);
    assert.equal(cache.acquire([acl(1, 'digest', 'ann:x'), acl(31, 'ip', '10.0.0.1')]), id);
    assert.equal(cache.list(id), first);
    assert.equal(cache.size, 1);
  });

  it('tells lists apart by permissions, names, order and length', () => {
    const cache = new AclCache();
    const lists = [
      [],
      [acl(1, 'a', 'b')],
      [acl(2, 'a', 'b')],
      [acl(1, 'ab', '')],
      [acl(1, 'a', null)],
      [acl(1, null, 'b')],
      [acl(1, 'a', 'b'), acl(1, 'c', 'd')],
      [acl(1, 'c', 'd'), acl(1, 'a', 'b')],
    ];
    const ids = new Set(lists.map((list) => cache.acquire(list)));
    assert.equal(ids.size, lists.length);
  });

  it('knows the open list by heart', () => {
    const cache = new AclCache();
    assert.equal(cache.acquire(null), OPEN_ACL_ID);
    assert.equal(cache.acquire([acl(31, 'world', 'anyone')]), OPEN_ACL_ID);
    cache.release(OPEN_ACL_ID);
    assert.equal(cache.list(OPEN_ACL_ID), OPEN_ACL_UNSAFE);
    assert.equal(cache.size, 0);
  });

  it('forgets a list with its last use, and never gives its id to another', () => {
    const cache = new AclCache();
    const list = [acl(1, 'a', 'b')];
    const id = cache.acquire(list);
    cache.acquire(list);
    cache.release(id);
    assert.equal(cache.list(id), list);
    cache.release(id);
    assert.equal(cache.size, 0);
    assert.throws(() => cache.list(id), /held/);
    assert.throws(() => cache.release(id), /held/);
    assert.notEqual(cache.acquire(list), id);
  });

  it('finds and forgets lists whose hashes meet', () => {
    // "Aa" and "BB" have the same hash under multiplication by 31.
    const cache = new AclCache();
    const lists = ['AaAa', 'AaBB', 'BBAa', 'BBBB'].map((id) => [acl(1, 's', id)]);
    const ids = lists.map((list) => cache.acquire(list));
    assert.equal(new Set(ids).size, 4);
    for (const i of [1, 3, 0]) cache.release(ids[i]!);
    assert.equal(cache.list(ids[2]!), lists[2]);
    assert.equal(cache.acquire(lists[2]!), ids[2]);
    assert.equal(cache.size, 1);
  });
});
