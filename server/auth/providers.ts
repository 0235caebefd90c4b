import type { Config } from '../config/config-type.ts';
import type { AuthenticationProvider } from './authentication-provider.ts';
import { DigestProvider } from './digest-provider.ts';
import { IpProvider } from './ip-provider.ts';

/** The schemes that the configuration asks for. `world` and `auth` need none, `super` is what digest proves. */
export function authenticationProviders(config: Config): AuthenticationProvider[] {
  const digest = config.authProviders.some(({ scheme }) => scheme === 'digest');
  const providers: AuthenticationProvider[] = [new IpProvider()];
  if (config.digestAuthEnabled || digest) {
    providers.push(
      new DigestProvider({ superDigest: config.superDigest, algorithm: config.digestAlg }),
    );
  }
  return providers;
}
