import type { Findings } from './config-error.ts';
import type { AuthProviderConfig, Config, EnforceAuthConfig } from './config-type.ts';
import { DIGEST_ALGORITHMS } from './keys-security.ts';
import type { Settings } from './settings.ts';

/** The schemes of Apache ZooKeeper's own classes, and whether this release has them. */
const SCHEMES_BY_CLASS: ReadonlyMap<string, { scheme: string; here: boolean }> = new Map([
  ['DigestAuthenticationProvider', { scheme: 'digest', here: true }],
  ['IPAuthenticationProvider', { scheme: 'ip', here: true }],
  ['SASLAuthenticationProvider', { scheme: 'sasl', here: false }],
  ['X509AuthenticationProvider', { scheme: 'x509', here: false }],
  ['znode.groupacl.X509ZNodeGroupAclProvider', { scheme: 'x509', here: false }],
  ['EnsembleAuthenticationProvider', { scheme: 'ensemble', here: false }],
  ['KeyAuthenticationProvider', { scheme: 'key', here: false }],
]);
const CLASS_PREFIX = 'org.apache.zookeeper.server.auth.';

type Access = Pick<
  Config,
  | 'skipAcl'
  | 'enableEagerAclCheck'
  | 'digestAuthEnabled'
  | 'superDigest'
  | 'digestAlg'
  | 'authProviders'
  | 'enforceAuth'
>;

/** Who may do what. */
export function readAccess(settings: Settings, findings: Findings): Access {
  const skipAcl = settings.boolean('skipACL');
  const unsafe = settings.get('skipACL');
  if (skipAcl && unsafe !== undefined) {
    const text = 'skipACL=yes: every client may read and change everything; remove the line';
    findings.warn('UNSAFE', unsafe, 'skipACL', text);
  }
  const digestAuthEnabled = settings.boolean('DigestAuthenticationProvider.enabled');
  const javaName = settings.text('DigestAuthenticationProvider.digestAlg') ?? 'SHA1';
  return {
    skipAcl,
    enableEagerAclCheck: settings.boolean('enableEagerACLCheck'),
    digestAuthEnabled,
    superDigest: settings.text('DigestAuthenticationProvider.superDigest'),
    digestAlg: DIGEST_ALGORITHMS.get(javaName) ?? 'sha1',
    authProviders: readAuthProviders(settings, findings),
    enforceAuth: readEnforceAuth(settings, findings, digestAuthEnabled ? ['digest', 'ip'] : ['ip']),
  };
}

function readAuthProviders(settings: Settings, findings: Findings): AuthProviderConfig[] {
  return settings.family('authProvider.N').map((setting) => {
    const { name, text: className } = setting;
    const known = className.startsWith(CLASS_PREFIX)
      ? SCHEMES_BY_CLASS.get(className.slice(CLASS_PREFIX.length))
      : undefined;
    if (known?.here !== true) {
      const what =
        known === undefined ? 'a class that Okapi does not know' : `the ${known.scheme} scheme`;
      const text = `${name}=${className} has no effect: it is ${what}, which is not in this release`;
      findings.warn('NOT_IN_THIS_RELEASE', setting, name, text);
    }
    return { name: name.slice('authProvider.'.length), className, scheme: known?.scheme ?? null };
  });
}

/** Apache ZooKeeper, too, does not start when nobody could get past the check. */
function readEnforceAuth(
  settings: Settings,
  findings: Findings,
  available: readonly string[],
): EnforceAuthConfig {
  const enabled = settings.boolean('enforce.auth.enabled');
  const schemes = (settings.text('enforce.auth.schemes') ?? '')
    .split(',')
    .map((scheme) => scheme.trim())
    .filter((scheme) => scheme !== '');
  const place = settings.get('enforce.auth.schemes') ?? settings.get('enforce.auth.enabled');
  if (!enabled || place === undefined) return { enabled, schemes };
  if (schemes.length === 0) {
    const text =
      'enforce.auth.schemes is missing; add enforce.auth.schemes=digest, or disable enforce.auth.enabled';
    findings.error('MISSING_KEY', place, 'enforce.auth.schemes', text);
  }
  for (const scheme of schemes) {
    if (available.includes(scheme)) continue;
    const text = `enforce.auth.schemes names ${scheme}, which is not available; choose from ${available.join(', ')}`;
    findings.error('CONFLICT', place, 'enforce.auth.schemes', text);
  }
  return { enabled, schemes };
}
