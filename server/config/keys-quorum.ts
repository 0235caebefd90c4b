import {
  boolean,
  type ConfigKey,
  integer,
  later,
  notApplicable,
  port,
  refused,
  text,
} from './key.ts';

const ensemble = later('ensembles');
const sasl = later('SASL');

/** Reference 4.2: how the servers of an ensemble deal with each other. */
export const QUORUM_KEYS: readonly ConfigKey[] = [
  ensemble('cnxTimeout', integer(5000, { min: 1 }), 'ms for connecting to a peer for an election'),
  ensemble(
    'quorumCnxnTimeoutMs',
    integer(-1),
    'ms of silence on an election connection; -1: syncLimit',
  ),
  ensemble(
    'electionPortBindRetry',
    integer(3),
    'attempts to listen on the election port; 0: for ever',
  ),
  ensemble(
    'fastleader.minNotificationInterval',
    integer(200, { min: 1 }),
    'ms before a vote is repeated',
  ),
  ensemble(
    'fastleader.maxNotificationInterval',
    integer(60_000, { min: 1 }),
    'ms between repeated votes',
  ),
  ensemble(
    'leader.maxTimeToWaitForEpoch',
    integer(-1),
    'ms to wait for a new epoch; -1: initLimit',
    {
      aliases: ['maxTimeToWaitForEpoch'],
    },
  ),
  ensemble(
    'leader.maxConcurrentSnapSyncs',
    integer(10),
    'followers that get a snapshot at one time',
    {
      aliases: ['maxConcurrentSnapSyncs'],
    },
  ),
  ensemble(
    'leader.maxConcurrentDiffSyncs',
    integer(100),
    'followers that get the log at one time',
    {
      aliases: ['maxConcurrentDiffSyncs'],
    },
  ),
  ensemble('leader.ackLoggingFrequency', integer(1000), 'acknowledgements between measurements'),
  ensemble(
    'leaderConnectDelayDuringRetryMs',
    integer(100),
    'ms between attempts to reach a leader',
  ),
  ensemble('leader.closeSocketAsync', boolean(false), 'do not wait for the closing of connections'),
  ensemble(
    'learner.closeSocketAsync',
    boolean(false),
    'do not wait for the closing of the connection',
  ),
  ensemble('learner.asyncSending', boolean(false), 'a follower sends by a queue'),
  ensemble('forceSnapshotSync', boolean(false), 'followers always get a snapshot'),
  notApplicable(
    'forward_learner_requests_to_commit_processor_disabled',
    'a follower’s requests pass the commit processor by',
  ),
  notApplicable(
    'follower.skipLearnerRequestToNextProcessor',
    'an observer’s requests pass the next processor by',
  ),
  ensemble('observer.reconnectDelayMs', integer(0), 'ms before an observer connects again'),
  ensemble('observer.election.DelayMs', integer(200), 'ms before an observer looks for a leader'),
  ensemble('observerMasterPort', port(0), 'port on which a follower serves observers; 0: none'),
  ensemble(
    'observerMaster.sizeLimit',
    integer(33_554_432),
    'bytes of proposals kept for observers',
  ),
  ensemble('oraclePath', text(), 'file of the oracle that decides between two servers'),
  ensemble('multiAddress.enabled', boolean(false), 'several addresses for one server'),
  ensemble('multiAddress.reachabilityCheckEnabled', boolean(true), 'try which address answers'),
  ensemble('multiAddress.reachabilityCheckTimeoutMs', integer(1000, { min: 1 }), 'ms for that'),
  sasl('quorum.auth.enableSasl', boolean(false), 'peers authenticate by SASL'),
  sasl('quorum.auth.serverRequireSasl', boolean(false), 'a leader refuses peers that do not'),
  sasl(
    'quorum.auth.learnerRequireSasl',
    boolean(false),
    'a follower refuses a leader that does not',
  ),
  sasl('quorum.auth.server.saslLoginContext', text('QuorumServer'), 'JAAS section of a leader'),
  sasl('quorum.auth.learner.saslLoginContext', text('QuorumLearner'), 'JAAS section of a follower'),
  sasl(
    'quorum.auth.kerberos.servicePrincipal',
    text('zkquorum/localhost'),
    'Kerberos name of a peer',
  ),
  notApplicable('quorum.cnxn.threads.size', 'threads for authenticating peers'),
  sasl('kerberos.canonicalizeHostNames', boolean(false), 'resolve names of peers before Kerberos'),
  notApplicable('commitProcessor.numWorkerThreads', 'threads that answer reads'),
  notApplicable('commitProcessor.maxReadBatchSize', 'reads between two commits'),
  notApplicable('commitProcessor.maxCommitBatchSize', 'commits between two reads'),
  notApplicable('commitProcessor.shutdownTimeout', 'ms to wait for those threads'),
  ensemble('messageTracker.BufferSize', integer(10), 'packets of a peer kept for the log'),
  ensemble('messageTracker.Enabled', boolean(false), 'keep packets of peers for the log'),
  refused(
    ensemble('testingonly.initialZxid', text(), 'first counter of a new leader, for tests'),
    'it is for tests of ensembles',
  ),
  ensemble('test.allowDiscontinuousProposals', boolean(false), 'for tests'),
];
