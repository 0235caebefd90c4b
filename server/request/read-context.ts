import { JuteReader, type JuteWriter } from 'jute-ts';
import type { Id } from '../../protocol/generated/data.ts';
import type { DataTree } from '../../storage/data-tree.ts';
import type { AccessControl } from '../auth/access-control.ts';
import type { Session } from '../session/session-tracker.ts';
import type { Watcher, WatchManager } from '../watch/watch-manager.ts';
import { MalformedRequestError } from './malformed-request-error.ts';

/**
 * The read being answered. There is one of these in a server, filled anew for every read, so that a read
 * makes no object on its way.
 */
export class ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchManager;
  readonly access: AccessControl;
  /** Stands at the request's body. */
  readonly reader: JuteReader;
  /** Where the answer's body goes. */
  writer!: JuteWriter;
  watcher!: Watcher;
  ids: readonly Id[] = [];
  session!: Session;
  #pathStart = 0;
  #pathEnd = 0;

  constructor(
    tree: DataTree,
    watches: WatchManager,
    access: AccessControl,
    options: { readonly maxBufferBytes: number },
  ) {
    this.tree = tree;
    this.watches = watches;
    this.access = access;
    this.reader = new JuteReader(options);
  }

  /** Reads a path as bytes, without making a string of it, and finds its node; −1 if there is none. */
  readNode(field: string): number {
    const { reader } = this;
    reader.field = field;
    const length = reader.readInt();
    if (length < 0 || length > reader.remaining) {
      throw new MalformedRequestError(`${field} has length ${length} of ${reader.remaining} bytes`);
    }
    this.#pathStart = reader.offset;
    this.#pathEnd = reader.offset + length;
    reader.offset = this.#pathEnd;
    return this.tree.findBytes(reader.buffer, this.#pathStart, length);
  }

  /** The path that `readNode` read, as a string. */
  get path(): string {
    return this.reader.buffer.toString('utf8', this.#pathStart, this.#pathEnd);
  }

  get pathIsEmpty(): boolean {
    return this.#pathStart === this.#pathEnd;
  }

  /** Whether the path that `readNode` read contains a NUL. */
  get pathHasNul(): boolean {
    const at = this.reader.buffer.indexOf(0, this.#pathStart);
    return at >= 0 && at < this.#pathEnd;
  }

  /** Whether the client may do this to the node. */
  permits(node: number, permissions: number): boolean {
    return this.access.permits(this.tree.acl(node), permissions, this.ids);
  }
}
