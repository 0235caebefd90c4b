import {
  boolean,
  type ConfigKey,
  choice,
  integer,
  later,
  notApplicable,
  refused,
  text,
  used,
} from './key.ts';

const tls = later('TLS');
const sasl = later('SASL');
const audit = later('the audit log');
const admin = later('the AdminServer');
const ensembleScheme = later('the ensemble scheme');

/** Hashes of the digest scheme by Java's names (which have no case), with those of Node. */
export const DIGEST_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['MD5', 'md5'],
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA', 'sha1'],
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['SHA-512/224', 'sha512-224'],
  ['SHA-512/256', 'sha512-256'],
  ['SHA3-224', 'sha3-224'],
  ['SHA3-256', 'sha3-256'],
  ['SHA3-384', 'sha3-384'],
  ['SHA3-512', 'sha3-512'],
]);

/** Keys that exist once for clients (`ssl.`) and once for peers (`ssl.quorum.`). */
function tlsKeys(prefix: string, forPeers: boolean): readonly ConfigKey[] {
  return [
    tls(`${prefix}keyStore.location`, text(), 'file of the key and certificate'),
    tls(`${prefix}keyStore.password`, text(), 'its password', { secret: true }),
    tls(`${prefix}keyStore.passwordPath`, text(), 'file of its password'),
    tls(`${prefix}keyStore.type`, choice(null, ['JKS', 'PEM', 'PKCS12', 'BCFKS']), 'its format'),
    tls(`${prefix}trustStore.location`, text(), 'file of trusted certificates'),
    tls(`${prefix}trustStore.password`, text(), 'its password', { secret: true }),
    tls(`${prefix}trustStore.passwordPath`, text(), 'file of its password'),
    tls(`${prefix}trustStore.type`, choice(null, ['JKS', 'PEM', 'PKCS12', 'BCFKS']), 'its format'),
    tls(`${prefix}protocol`, text(), 'newest version of TLS'),
    tls(`${prefix}enabledProtocols`, text(), 'versions of TLS, with commas'),
    tls(`${prefix}ciphersuites`, text(), 'ciphers, with commas'),
    tls(
      `${prefix}clientAuth`,
      choice('need', ['need', 'want', 'none']),
      'ask who connects for a certificate',
    ),
    tls(`${prefix}hostnameVerification`, boolean(true), 'compare names in certificates'),
    tls(`${prefix}clientHostnameVerification`, boolean(forPeers), 'also of those who connect'),
    tls(`${prefix}allowReverseDnsLookup`, boolean(forPeers), 'look names of addresses up for that'),
    tls(`${prefix}crl`, boolean(false), 'check revocation lists'),
    tls(`${prefix}ocsp`, boolean(false), 'check revocation by OCSP'),
    tls(
      `${prefix}handshakeDetectionTimeoutMillis`,
      integer(5000),
      'ms to tell TLS from plain text',
    ),
    notApplicable(`${prefix}context.supplier.class`, 'Java class of TLS settings'),
  ];
}

/** Reference 4.4: who may do what, and how that is proved. */
export const SECURITY_KEYS: readonly ConfigKey[] = [
  used('authProvider.N', text(), 'class of an authentication scheme', {
    family: /^authProvider\./,
  }),
  used('DigestAuthenticationProvider.enabled', boolean(true), 'the digest scheme'),
  used('DigestAuthenticationProvider.superDigest', text(), 'user:hash that passes every ACL', {
    secret: true,
  }),
  used(
    'DigestAuthenticationProvider.digestAlg',
    choice('SHA1', [...DIGEST_ALGORITHMS.keys()]),
    'hash of the digest scheme; the same on every server and client',
  ),
  tls(
    'X509AuthenticationProvider.superUser',
    text(),
    'subject of the certificate that passes every ACL',
  ),
  sasl('superUser', text(), 'SASL user that passes every ACL'),
  sasl('superUser.N', text(), 'further such users', { family: /^superUser\./ }),
  sasl('SASLAuthenticationProvider.superPassword', text(), 'password of the SASL user super', {
    secret: true,
  }),
  sasl('letAnySaslUserDoX', text(), 'id in ACLs that stands for every SASL user'),
  sasl('allowSaslFailedClients', boolean(false), 'keep connections whose authentication failed'),
  refused(
    sasl('sessionRequireClientSASLAuth', boolean(false), 'refuse clients that do not authenticate'),
    'no client could authenticate',
  ),
  used('enforce.auth.enabled', boolean(false), 'refuse requests before authentication'),
  used('enforce.auth.schemes', text(), 'schemes of which one is needed for that, with commas'),
  used('enableEagerACLCheck', boolean(false), 'check ACLs before a write goes to the leader'),
  refused(
    ensembleScheme(
      'ensembleAuthName',
      text(),
      'names by which clients know this ensemble, with commas',
    ),
    'clients of another ensemble would be let in',
  ),
  admin('IPAuthenticationProvider.usexforwardedfor', boolean(false), 'believe X-Forwarded-For'),
  tls('ssl.authProvider', text('x509'), 'scheme that certificates are for'),
  sasl('sasl.serverconfig', text('Server'), 'JAAS section'),
  sasl('java.security.auth.login.config', text(), 'JAAS file', { jvmOnly: true }),
  sasl('kerberos.removeHostFromPrincipal', boolean(false), 'Kerberos names without host'),
  sasl('kerberos.removeRealmFromPrincipal', boolean(false), 'Kerberos names without realm'),
  sasl('security.auth_to_local', text('DEFAULT'), 'rules for Kerberos names'),
  sasl('kinit', text('/usr/bin/kinit'), 'program that renews tickets'),
  sasl('kerberos.minReLoginTimeMs', integer(60_000), 'ms between renewals'),
  sasl('requireKerberosConfig', boolean(false), 'stop without a Kerberos configuration'),
  refused(tls('sslQuorum', boolean(false), 'TLS between peers'), 'peers would talk in plain text'),
  tls('portUnification', boolean(false), 'TLS and plain text on the ports for peers'),
  tls(
    'sslQuorumReloadCertFiles',
    boolean(false),
    'read certificates of peers again when they change',
  ),
  refused(
    tls('client.portUnification', boolean(false), 'TLS and plain text on the client port'),
    'clients that use TLS could not connect',
  ),
  tls('client.certReload', boolean(false), 'read certificates again when they change'),
  ...tlsKeys('ssl.', false),
  ...tlsKeys('ssl.quorum.', true),
  notApplicable('ssl.sslProvider', 'Java library of TLS'),
  tls('fips-mode', boolean(true), 'use FIPS-approved algorithms only'),
  audit('audit.enable', boolean(false), 'log who changed what'),
  notApplicable('audit.impl.class', 'Java class of the audit log'),
];
