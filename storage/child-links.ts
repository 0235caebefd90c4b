import { ZnodeField, type ZnodeTable } from './znode-table.ts';

/** Bytes of a string's length on the wire. */
const LENGTH_BYTES = 4;

/** The lists of children, as links in the records of the znode table, the oldest first. */
export class ChildLinks {
  readonly #table: ZnodeTable;

  constructor(table: ZnodeTable) {
    this.#table = table;
  }

  /** Makes a node, whose record has its path's length, the youngest child of `parent`. */
  append(parent: number, child: number): void {
    const table = this.#table;
    const first = table.get(parent, ZnodeField.FIRST_CHILD);
    if (first < 0) {
      table.set(parent, ZnodeField.FIRST_CHILD, child);
      table.set(child, ZnodeField.PREVIOUS_SIBLING, child);
    } else {
      const last = table.get(first, ZnodeField.PREVIOUS_SIBLING);
      table.set(last, ZnodeField.NEXT_SIBLING, child);
      table.set(child, ZnodeField.PREVIOUS_SIBLING, last);
      table.set(first, ZnodeField.PREVIOUS_SIBLING, child);
    }
    table.add(parent, ZnodeField.CHILD_COUNT, 1);
    table.add(parent, ZnodeField.CHILDREN_BYTES, LENGTH_BYTES + this.#nameBytes(parent, child));
  }

  /** Takes a child out of its parent's list; the child's own links stay as they were. */
  unlink(parent: number, child: number): void {
    const table = this.#table;
    const first = table.get(parent, ZnodeField.FIRST_CHILD);
    const next = table.get(child, ZnodeField.NEXT_SIBLING);
    const previous = table.get(child, ZnodeField.PREVIOUS_SIBLING);
    if (child === first) table.set(parent, ZnodeField.FIRST_CHILD, next);
    else table.set(previous, ZnodeField.NEXT_SIBLING, next);
    // The oldest child's link leads to the youngest.
    if (next >= 0) table.set(next, ZnodeField.PREVIOUS_SIBLING, previous);
    else if (child !== first) table.set(first, ZnodeField.PREVIOUS_SIBLING, previous);
    table.add(parent, ZnodeField.CHILD_COUNT, -1);
    table.add(parent, ZnodeField.CHILDREN_BYTES, -LENGTH_BYTES - this.#nameBytes(parent, child));
  }

  /** The node after `node` in the subtree of `top`, parents first; −1 after the last. */
  nextInSubtree(node: number, top: number): number {
    const table = this.#table;
    const child = table.get(node, ZnodeField.FIRST_CHILD);
    if (child >= 0) return child;
    for (let at = node; at !== top; at = table.get(at, ZnodeField.PARENT)) {
      const sibling = table.get(at, ZnodeField.NEXT_SIBLING);
      if (sibling >= 0) return sibling;
    }
    return -1;
  }

  #nameBytes(parent: number, child: number): number {
    const table = this.#table;
    return table.get(child, ZnodeField.PATH_BYTES) - table.get(parent, ZnodeField.PATH_BYTES) - 1;
  }
}
