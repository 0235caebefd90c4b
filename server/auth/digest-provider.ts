import { createHash } from 'node:crypto';
import type { Id } from '../../protocol/generated/data.ts';
import type { AuthenticationProvider } from './authentication-provider.ts';

export type DigestProviderOptions = {
  /** `super:<hash>` of the one identity that passes every ACL; null: nobody. */
  readonly superDigest: string | null;
  /** The hash as Java names it, `SHA1` by default. */
  readonly algorithm: string;
};

/**
 * `digest`: a client says `user:password` and becomes `user:base64(hash(user:password))`.
 *
 * It never fails: a wrong password is just another identity.
 */
export class DigestProvider implements AuthenticationProvider {
  readonly scheme = 'digest';
  readonly authenticates = true;
  readonly #superDigest: string | null;
  readonly #algorithm: string;

  constructor(options: DigestProviderOptions) {
    this.#superDigest = options.superDigest;
    this.#algorithm = toNodeAlgorithm(options.algorithm);
  }

  authenticate(data: Uint8Array | null): readonly Id[] | undefined {
    if (data === null) return undefined;
    const credentials = Buffer.from(data).toString('utf8');
    const hash = createHash(this.#algorithm).update(credentials, 'utf8').digest('base64');
    const user = credentials.split(':', 1)[0];
    const id: Id = { scheme: this.scheme, id: `${user}:${hash}` };
    return id.id === this.#superDigest ? [{ scheme: 'super', id: '' }, id] : [id];
  }

  /** Exactly two parts. As Java splits, so that empty parts at the end don't count: `user:hash:` is valid, `user:` is not. */
  isValid(id: string): boolean {
    const parts = id.split(':');
    while (parts.length > 0 && parts.at(-1) === '') parts.pop();
    return parts.length === 2;
  }

  matches(id: string, expression: string): boolean {
    return id === expression;
  }

  userName(id: string): string {
    return id.split(':', 1)[0] ?? '';
  }
}

/** Java's `SHA-256` and `SHA1` are `sha256` and `sha1` to Node. */
function toNodeAlgorithm(algorithm: string): string {
  return algorithm
    .toLowerCase()
    .replace(/^sha-?(?=\d)/, 'sha')
    .replace('/', '-');
}
