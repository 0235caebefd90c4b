import { createHash } from 'node:crypto';

/**
 * The id that the scheme `digest` gives to whoever authenticates with `user:password`, for ACLs:
 * `user:base64(SHA1("user:password"))` (DigestAuthenticationProvider).
 */
export function digestId(user: string, password: string): string {
  const hash = createHash('sha1').update(`${user}:${password}`, 'utf8').digest('base64');
  return `${user}:${hash}`;
}
