type TrieNode = {
  readonly parent: TrieNode | null;
  readonly name: string;
  readonly children: Map<string, TrieNode>;
  /** Whether the path that ends here was added. */
  marked: boolean;
};

/** A set of paths that finds the longest of them on the way to a given one (common/PathTrie). */
export class PathTrie {
  readonly #root: TrieNode = { parent: null, name: '', children: new Map(), marked: false };
  #size = 0;

  /** Paths in the set. */
  get size(): number {
    return this.#size;
  }

  /** Adds `path`; the root is not accepted and does nothing. */
  add(path: string): void {
    let node = this.#root;
    for (const name of componentsOf(path)) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = { parent: node, name, children: new Map(), marked: false };
        node.children.set(name, child);
      }
      node = child;
    }
    if (node === this.#root || node.marked) return;
    node.marked = true;
    this.#size++;
  }

  /** Takes `path` out, if it is there. */
  delete(path: string): void {
    let node: TrieNode | undefined = this.#root;
    for (const name of componentsOf(path)) {
      node = node.children.get(name);
      if (node === undefined) return;
    }
    if (!node.marked) return;
    node.marked = false;
    this.#size--;
    for (let empty = node; empty.parent !== null; empty = empty.parent) {
      if (empty.marked || empty.children.size > 0) break;
      empty.parent.children.delete(empty.name);
    }
  }

  /** The longest path of the set that is `path` or an ancestor of it, or null. */
  longestPrefix(path: string): string | null {
    if (this.#size === 0) return null;
    let node: TrieNode | undefined = this.#root;
    let found: TrieNode | null = null;
    for (const name of componentsOf(path)) {
      node = node.children.get(name);
      if (node === undefined) break;
      if (node.marked) found = node;
    }
    if (found === null) return null;
    let prefix = '';
    for (let at = found; at.parent !== null; at = at.parent) prefix = `/${at.name}${prefix}`;
    return prefix;
  }
}

/** As in Apache's trie, a component of nothing but blanks does not count. */
function componentsOf(path: string): string[] {
  return path.split('/').filter((name) => name.trim() !== '');
}
