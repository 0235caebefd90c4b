import type { Int64 } from 'jute-ts';
import { EphemeralIndex } from './ephemeral-index.ts';
import { type EphemeralRules, EphemeralType, ephemeralType } from './ephemeral-type.ts';
import { OwnedList } from './owned-list.ts';
import type { ZnodeStore } from './znode-store.ts';

const NO_OWNER: Int64 = { hi: 0, lo: 0 };

/** The nodes that do not stay by themselves, by slot: ephemerals, containers, nodes with a time to live. */
export class NodeOwners {
  readonly ephemerals: EphemeralIndex;
  readonly containers: OwnedList;
  readonly ttls: OwnedList;
  readonly #rules: EphemeralRules;

  constructor(store: ZnodeStore, rules: EphemeralRules) {
    this.ephemerals = new EphemeralIndex(store);
    this.containers = new OwnedList(store);
    this.ttls = new OwnedList(store);
    this.#rules = rules;
  }

  /** What clients see of an ephemeralOwner: a session, or 0. */
  shown(owner: Int64): Int64 {
    return this.#typeOf(owner) === EphemeralType.NORMAL ? owner : NO_OWNER;
  }

  /** Called when a node with that owner is new. */
  add(node: number, owner: Int64): void {
    switch (this.#typeOf(owner)) {
      case EphemeralType.NORMAL:
        this.ephemerals.add(owner, node);
        break;
      case EphemeralType.CONTAINER:
        this.containers.add(node);
        break;
      case EphemeralType.TTL:
        this.ttls.add(node);
        break;
      case EphemeralType.VOID:
        break;
    }
  }

  /** Called before a node with that owner leaves the tree. */
  delete(node: number, owner: Int64): void {
    switch (this.#typeOf(owner)) {
      case EphemeralType.NORMAL:
        this.ephemerals.delete(owner, node);
        break;
      case EphemeralType.CONTAINER:
        this.containers.delete(node);
        break;
      case EphemeralType.TTL:
        this.ttls.delete(node);
        break;
      case EphemeralType.VOID:
        break;
    }
  }

  #typeOf(owner: Int64): EphemeralType {
    return ephemeralType(owner.hi, owner.lo, this.#rules);
  }
}
