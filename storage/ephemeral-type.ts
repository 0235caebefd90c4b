import type { Int64 } from 'jute-ts';

/** What a znode's ephemeralOwner makes of it (EphemeralType). */
export const EphemeralType = {
  /** Stays until it is deleted. */
  VOID: 0,
  /** Dies with the session that is its owner. */
  NORMAL: 1,
  /** Deleted by the server some time after its last child. */
  CONTAINER: 2,
  /** Deleted by the server when it was unchanged and without children for its time to live. */
  TTL: 3,
} as const;

export type EphemeralType = (typeof EphemeralType)[keyof typeof EphemeralType];

/** The properties that decide how an owner is read; the same on all servers of an ensemble. */
export type EphemeralRules = {
  /** `zookeeper.extendedTypesEnabled`: without it an owner that starts with 0xff is a session. */
  readonly extendedTypesEnabled: boolean;
  /** `zookeeper.emulate353TTLNodes`: any negative owner is a TTL, as 3.5.3 wrote them (ZOOKEEPER-2901). */
  readonly emulate353TtlNodes: boolean;
};

/** The owner of every container. */
export const CONTAINER_OWNER: Int64 = { hi: -0x8000_0000, lo: 0 };
/** The longest time to live in ms: what fits in the 40 bits that the owner has for it. */
export const MAX_TTL_MS = 0xff_ffff_ffff;
/** With extended types a server id must stay below 0xff, or its sessions' ids would look like TTLs. */
export const MAX_EXTENDED_SERVER_ID = 0xfe;

/**
 * The meaning of an ephemeralOwner, given as two halves.
 *
 * deviates: an owner that starts with 0xff and has bits 40 to 55 set is of no known type. Apache's server
 * throws wherever it meets one; here it is a session, so that the node can be read and deleted.
 */
export function ephemeralType(hi: number, lo: number, rules: EphemeralRules): EphemeralType {
  if (hi >= 0) return hi === 0 && lo === 0 ? EphemeralType.VOID : EphemeralType.NORMAL;
  if (hi === CONTAINER_OWNER.hi && lo === 0) return EphemeralType.CONTAINER;
  if (!rules.extendedTypesEnabled) return EphemeralType.NORMAL;
  if (rules.emulate353TtlNodes || hi >>> 8 === 0xff_0000) return EphemeralType.TTL;
  return EphemeralType.NORMAL;
}

/** Whether `ttl` may be the time to live of a node, in ms. */
export function isValidTtl(ttl: Int64): boolean {
  return ttl.hi >= 0 && ttl.hi <= 0xff && (ttl.hi !== 0 || ttl.lo !== 0);
}

/** The owner of a node with the time to live `ttl`, of which the lower 40 bits count. */
export function ttlOwner(ttl: Int64): Int64 {
  return { hi: 0xff00_0000 | (ttl.hi & 0xff) | 0, lo: ttl.lo };
}

/** The time to live in ms that is in the owner of a TTL node. */
export function ttlOfOwner(owner: Int64): number {
  return (owner.hi & 0xff) * 0x1_0000_0000 + (owner.lo >>> 0);
}
