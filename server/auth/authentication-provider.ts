import type { Id } from '../../protocol/generated/data.ts';

/** An authentication scheme: who a client is, and whether an ACL entry means it. */
export interface AuthenticationProvider {
  readonly scheme: string;
  /** Whether presenting this scheme makes a client authenticated, so that `auth` in an ACL expands to it. */
  readonly authenticates: boolean;
  /** The identities that an auth packet's data prove, or undefined if it proves none. */
  authenticate(data: Uint8Array | null, remoteAddress: string): readonly Id[] | undefined;
  /** Whether `id` can stand in an ACL entry of this scheme. */
  isValid(id: string): boolean;
  /** Whether the client's `id` is meant by an ACL entry's `expression`. */
  matches(id: string, expression: string): boolean;
  /** The name to show for `id`, without what should stay private. */
  userName(id: string): string;
}
