import assert from 'node:assert/strict';
import { createHash, getHashes } from 'node:crypto';
import { test } from 'node:test';
import { findKey, KEY_NAMES, KEYS } from '../../../server/config/keys.ts';
import { DIGEST_ALGORITHMS } from '../../../server/config/keys-security.ts';
import { nearestName } from '../../../server/config/nearest-name.ts';

/** Keys that Apache ZooKeeper 3.9.5 reads from zoo.cfg: its parser's and those that become `zookeeper.<key>`. */
const READ_BY_APACHE = `
  dataDir dataLogDir clientPort clientPortAddress secureClientPort secureClientPortAddress
  clientPortListenBacklog tickTime initLimit syncLimit connectToLearnerMasterLimit minSessionTimeout
  maxSessionTimeout maxClientCnxns maxCnxns autopurge.snapRetainCount autopurge.purgeInterval snapCount
  snapSizeLimitInKb txnLogSizeLimitInKb commitLogCount snapshotSizeFactor preAllocSize
  fsync.warningthresholdms forceSync jute.maxbuffer.extrasize globalOutstandingLimit skipACL enforceQuota
  extendedTypesEnabled emulate353TTLNodes 4lw.commands.whitelist standaloneEnabled reconfigEnabled
  dynamicConfigFile server.1 group.1 weight.1 peerType syncEnabled observer.syncEnabled electionAlg
  leaderServes quorumListenOnAllIPs localSessionsEnabled localSessionsUpgradingEnabled digest.enabled
  closeSessionTxn.enabled serializeLastProcessedZxid.enabled snapshot.trust.empty
  snapshot.compression.method datadir.autocreate db.autocreate clientTcpKeepAlive tcpKeepAlive
  serverCnxnFactory
  cnxTimeout quorumCnxnTimeoutMs electionPortBindRetry fastleader.minNotificationInterval
  fastleader.maxNotificationInterval leader.maxTimeToWaitForEpoch leader.maxConcurrentSnapSyncs
  leader.maxConcurrentDiffSyncs leader.ackLoggingFrequency leaderConnectDelayDuringRetryMs
  leader.closeSocketAsync learner.closeSocketAsync learner.asyncSending forceSnapshotSync
  forward_learner_requests_to_commit_processor_disabled follower.skipLearnerRequestToNextProcessor
  observer.reconnectDelayMs observer.election.DelayMs observerMasterPort observerMaster.sizeLimit
  oraclePath multiAddress.enabled multiAddress.reachabilityCheckEnabled
  multiAddress.reachabilityCheckTimeoutMs quorum.auth.enableSasl quorum.auth.serverRequireSasl
  quorum.auth.learnerRequireSasl quorum.auth.server.saslLoginContext quorum.auth.learner.saslLoginContext
  quorum.auth.kerberos.servicePrincipal quorum.cnxn.threads.size kerberos.canonicalizeHostNames
  commitProcessor.numWorkerThreads commitProcessor.maxReadBatchSize commitProcessor.maxCommitBatchSize
  commitProcessor.shutdownTimeout messageTracker.BufferSize messageTracker.Enabled
  request_throttle_max_requests request_throttle_stall_time request_throttle_drop_stale
  request_stale_latency_check request_stale_connection_check request_throttler.shutdownTimeout
  throttled_op_wait_time connection_throttle_tokens connection_throttle_fill_time
  connection_throttle_fill_count connection_throttle_freeze_time connection_throttle_drop_increase
  connection_throttle_drop_decrease connection_throttle_decrease_ratio connection_throttle_weight_enabled
  connection_throttle_global_session_weight connection_throttle_local_session_weight
  connection_throttle_renew_session_weight largeRequestMaxBytes largeRequestThreshold flushDelay
  maxWriteQueuePollTime maxBatchSize maxResponseCacheSize maxGetChildrenResponseCacheSize
  intBufferStartingSizeBytes nio.numSelectorThreads nio.numWorkerThreads nio.directBufferBytes
  nio.shutdownTimeout nio.sessionlessCnxnTimeout netty.advancedFlowControl.enabled
  netty.server.outstandingHandshake.limit netty.server.earlyDropSecureConnectionHandshakes
  watchManagerName watcherCleanThreadsNum watcherCleanThreshold watcherCleanIntervalInSeconds
  maxInProcessingDeadWatchers bitHashCacheSize pathStats.enabled pathStats.slotCapacity
  pathStats.slotDuration pathStats.maxDepth pathStats.sampleRate pathStats.initialDelay pathStats.delay
  pathStats.topPathMax jvm.pause.monitor jvm.pause.info-threshold.ms jvm.pause.warn-threshold.ms
  jvm.pause.sleep.time.ms
  authProvider.1 DigestAuthenticationProvider.enabled DigestAuthenticationProvider.superDigest
  DigestAuthenticationProvider.digestAlg X509AuthenticationProvider.superUser superUser superUser.2
  SASLAuthenticationProvider.superPassword letAnySaslUserDoX allowSaslFailedClients
  sessionRequireClientSASLAuth enforce.auth.enabled enforce.auth.schemes enableEagerACLCheck
  ensembleAuthName IPAuthenticationProvider.usexforwardedfor ssl.authProvider sasl.serverconfig
  kerberos.removeHostFromPrincipal kerberos.removeRealmFromPrincipal security.auth_to_local kinit
  kerberos.minReLoginTimeMs requireKerberosConfig sslQuorum portUnification sslQuorumReloadCertFiles
  client.portUnification client.certReload ssl.sslProvider fips-mode audit.enable audit.impl.class
  admin.enableServer admin.serverAddress admin.serverPort admin.commandURL admin.idleTimeout
  admin.httpVersion admin.portUnification admin.forceHttps admin.needClientAuth
  admin.rateLimiterIntervalInMS admin.snapshot.enabled admin.restore.enabled metricsProvider.className
  metricsProvider.httpHost metricsProvider.httpPort metricsProvider.exportJvmInfo
  metricsProvider.numWorkerThreads metricsProvider.maxQueueSize metricsProvider.workerShutdownTimeoutMs
  jmx.log4j.disable testingonly.initialZxid test.allowDiscontinuousProposals
`;

/** Keys that it reads from `-D` alone, without `zookeeper.` before them. */
const READ_FROM_JVM_ONLY = `
  jute.maxbuffer readonlymode.enabled znode.container.checkIntervalMs znode.container.maxPerMinute
  znode.container.maxNeverUsedIntervalMs leader.nodelay follower.nodelay java.security.auth.login.config
`;

/** Names that its documentation has and its code does not. */
const DOCUMENTED_BUT_IGNORED = `
  maxTimeToWaitForEpoch maxConcurrentSnapSyncs maxConcurrentDiffSyncs requestThrottleLimit
  requestThrottleStallTime requestThrottleDropStale requestStaleLatencyCheck requestStaleConnectionCheck
  throttledOpWaitTime connectionMaxTokens connectionTokenFillTime connectionTokenFillCount
  connectionFreezeTime connectionDropIncrease connectionDropDecrease connectionDecreaseRatio
  advancedFlowControlEnabled outstandingHandshake.limit
`;

const TLS_KEYS = `
  keyStore.location keyStore.password keyStore.passwordPath keyStore.type trustStore.location
  trustStore.password trustStore.passwordPath trustStore.type protocol enabledProtocols ciphersuites
  clientAuth hostnameVerification clientHostnameVerification allowReverseDnsLookup crl ocsp
  handshakeDetectionTimeoutMillis context.supplier.class
`;

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

test('every key that Apache ZooKeeper reads is known, whichever way it reads it', () => {
  const names = [
    ...words(READ_BY_APACHE),
    ...words(READ_FROM_JVM_ONLY),
    ...words(DOCUMENTED_BUT_IGNORED),
    ...words(TLS_KEYS).flatMap((name) => [`ssl.${name}`, `ssl.quorum.${name}`]),
  ];
  const unknown = names.filter((name) => findKey(name) === undefined);
  assert.deepEqual(unknown, []);
});

test('what Apache ZooKeeper ignores is marked, and nothing else', () => {
  for (const name of words(READ_FROM_JVM_ONLY)) assert.equal(findKey(name)?.jvmOnly, true, name);
  assert.equal(KEYS.filter((key) => key.jvmOnly).length, words(READ_FROM_JVM_ONLY).length);
  const aliases = KEYS.flatMap((key) => key.aliases ?? []);
  assert.deepEqual(aliases.toSorted(), words(DOCUMENTED_BUT_IGNORED).toSorted());
});

test('no two keys have one name', () => {
  const names = KEYS.flatMap((key) => [key.name, ...(key.aliases ?? [])]);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(KEY_NAMES).size, KEY_NAMES.length);
});

test('a member of a family is its own key', () => {
  assert.equal(findKey('server.12')?.name, 'server.N');
  assert.equal(findKey('metricsProvider.httpPort')?.name, 'metricsProvider.httpPort');
  assert.equal(findKey('metricsProvider.custom')?.name, 'metricsProvider.*');
  assert.equal(findKey('server.principal')?.status.kind, 'notApplicable');
  assert.equal(findKey('servers.1'), undefined);
});

test('every hash of the digest scheme is one of Node', () => {
  for (const algorithm of DIGEST_ALGORITHMS.values()) {
    assert.ok(getHashes().includes(algorithm), algorithm);
    createHash(algorithm);
  }
});

test('the nearest name is the one that was meant, or none', () => {
  const cases: readonly [written: string, meant: string | undefined][] = [
    ['clientport', 'clientPort'],
    ['cleintPort', 'clientPort'],
    ['maxClientCnxn', 'maxClientCnxns'],
    ['maxClientConnections', undefined],
    ['autopurge.purgeinterval', 'autopurge.purgeInterval'],
    ['ticktime', 'tickTime'],
    ['datadir', 'dataDir'],
    ['dataLogdir', 'dataLogDir'],
    ['foo', undefined],
    ['', undefined],
  ];
  for (const [written, meant] of cases)
    assert.equal(nearestName(written, KEY_NAMES), meant, written);
});
