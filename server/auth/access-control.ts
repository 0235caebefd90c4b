import { ErrorCode } from '../../protocol/error-code.ts';
import type { ACL, Id } from '../../protocol/generated/data.ts';
import { OPEN_ACL_UNSAFE } from '../../protocol/permission.ts';
import { MalformedRequestError } from '../request/malformed-request-error.ts';
import type { AuthenticationProvider } from './authentication-provider.ts';

export type AccessControlOptions = {
  /** Every check passes. */
  readonly skipAcl: boolean;
};

/** Decides by ACLs and identities; knows the schemes. */
export class AccessControl {
  readonly #skipAcl: boolean;
  readonly #providers: ReadonlyMap<string, AuthenticationProvider>;

  constructor(options: AccessControlOptions, providers: Iterable<AuthenticationProvider>) {
    this.#skipAcl = options.skipAcl;
    this.#providers = new Map([...providers].map((provider) => [provider.scheme, provider]));
  }

  provider(scheme: string | null): AuthenticationProvider | undefined {
    return scheme === null ? undefined : this.#providers.get(scheme);
  }

  get schemes(): string[] {
    return [...this.#providers.keys()];
  }

  /**
   * Whether one of `ids` has one of the permissions in `permissions`. An entry counts if any of the
   * bits asked for is in it; an empty list lets everybody in; the scheme `super` passes always.
   */
  permits(acl: readonly ACL[], permissions: number, ids: readonly Id[]): boolean {
    // The open list is interned in the tree, so most nodes are decided by one comparison.
    if (acl === OPEN_ACL_UNSAFE || this.#skipAcl || acl.length === 0) return true;
    for (const id of ids) if (id.scheme === 'super') return true;
    for (const entry of acl) {
      if ((entry.perms & permissions) === 0) continue;
      if (isWorld(entry.id)) return true;
      const provider = this.provider(entry.id.scheme);
      if (provider === undefined) continue;
      for (const id of ids) {
        if (id.scheme !== entry.id.scheme) continue;
        if (provider.matches(id.id ?? '', entry.id.id ?? '')) return true;
      }
    }
    return false;
  }

  /**
   * The list to store for what a client asked: duplicates removed, `auth` expanded to the client's own
   * identities, every entry valid (PrepRequestProcessor.fixupACL).
   * @throws MalformedRequestError if an id that a scheme must look at is null: the request is malformed
   */
  resolve(
    acl: readonly ACL[] | null,
    ids: readonly Id[],
  ): readonly ACL[] | typeof ErrorCode.INVALIDACL {
    if (acl === null || acl.length === 0) return ErrorCode.INVALIDACL;
    const resolved: ACL[] = [];
    for (const entry of withoutDuplicates(acl)) {
      const { scheme, id } = entry.id;
      if (scheme === null) return ErrorCode.INVALIDACL;
      if (scheme === 'auth') {
        const own = ids.filter(({ scheme }) => this.provider(scheme)?.authenticates === true);
        if (own.length === 0) return ErrorCode.INVALIDACL;
        resolved.push(...own.map((ownId) => ({ perms: entry.perms, id: ownId })));
        continue;
      }
      const provider = this.provider(scheme);
      if (id === null && (scheme === 'world' || provider !== undefined)) {
        throw new MalformedRequestError(
          `the id of an ACL entry of scheme ${scheme} must not be null`,
        );
      }
      if (!isWorld(entry.id) && provider?.isValid(id as string) !== true) {
        return ErrorCode.INVALIDACL;
      }
      resolved.push(entry);
    }
    return resolved;
  }
}

function isWorld(id: Id): boolean {
  return id.scheme === 'world' && id.id === 'anyone';
}

/**
 * The entries in their order, each once.
 * @throws MalformedRequestError as Apache's server fails on a null that it must compare, before any entry is judged
 */
function withoutDuplicates(acl: readonly ACL[]): ACL[] {
  const kept: ACL[] = [];
  for (const entry of acl) {
    if (!kept.some((other) => isSame(entry, other))) kept.push(entry);
  }
  return kept;
}

function isSame(entry: ACL, other: ACL): boolean {
  const { scheme, id } = entry.id;
  if (entry.perms !== other.perms) return false;
  if (scheme === null) throw new MalformedRequestError('the scheme of an ACL entry is null');
  if (scheme !== other.id.scheme) return false;
  if (id === null) throw new MalformedRequestError('the id of an ACL entry is null');
  return id === other.id.id;
}
