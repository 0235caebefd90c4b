import type { ACL } from './generated/data.ts';

/** Permission bits of an ACL entry (ZooDefs.Perms). */
export const Permission = {
  READ: 1,
  WRITE: 2,
  CREATE: 4,
  DELETE: 8,
  ADMIN: 16,
  ALL: 31,
} as const;

/** `world:anyone` with every permission (ZooDefs.Ids.OPEN_ACL_UNSAFE). */
export const OPEN_ACL_UNSAFE: readonly ACL[] = [
  { perms: Permission.ALL, id: { scheme: 'world', id: 'anyone' } },
];

/** `world:anyone` may read and nothing else (ZooDefs.Ids.READ_ACL_UNSAFE). */
export const READ_ACL_UNSAFE: readonly ACL[] = [
  { perms: Permission.READ, id: { scheme: 'world', id: 'anyone' } },
];
