/**
 * Where the fields of a Stat lie on the wire, in bytes from its start:
 *
 *   Stat = czxid:long mzxid:long ctime:long mtime:long version:int cversion:int aversion:int
 *          ephemeralOwner:long dataLength:int numChildren:int pzxid:long
 */
export const StatOffset = {
  CZXID: 0,
  MZXID: 8,
  CTIME: 16,
  MTIME: 24,
  VERSION: 32,
  CVERSION: 36,
  AVERSION: 40,
  EPHEMERAL_OWNER: 44,
  DATA_LENGTH: 52,
  NUM_CHILDREN: 56,
  PZXID: 60,
} as const;

/** Size of a Stat on the wire. */
export const STAT_BYTES = 68;
