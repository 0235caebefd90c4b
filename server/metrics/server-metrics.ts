import type { Counter } from './counter.ts';
import { type CounterSet, MetricsRegistry, type SummarySet } from './metrics-registry.ts';
import type { PercentileSummary } from './percentile-summary.ts';
import type { Summary } from './summary.ts';

/**
 * Every metric that Apache ZooKeeper 3.9 counts, under its name there, ready to be added to.
 *
 * A field is the wire name in camel case. What no part of the server adds to stays 0, which is what
 * dashboards expect; `UNMEASURED` in `unmeasured.ts` lists those with the reason.
 */
export class ServerMetrics {
  readonly registry: MetricsRegistry = new MetricsRegistry();

  // -- requests and replies -------------------------------------------------------------------
  readonly readLatency: PercentileSummary = this.registry.percentileSummary('readlatency');
  readonly updateLatency: PercentileSummary = this.registry.percentileSummary('updatelatency');
  readonly bytesReceivedCount: Counter = this.registry.counter('bytes_received_count');
  readonly responseBytes: Counter = this.registry.counter('response_bytes');
  readonly watchBytes: Counter = this.registry.counter('watch_bytes');
  readonly largeRequestsRejected: Counter = this.registry.counter('large_requests_rejected');
  readonly staleRequests: Counter = this.registry.counter('stale_requests');
  readonly staleRequestsDropped: Counter = this.registry.counter('stale_requests_dropped');
  readonly staleReplies: Counter = this.registry.counter('stale_replies');
  readonly throttledOps: Counter = this.registry.counter('throttled_ops');
  readonly requestThrottleWaitCount: Counter = this.registry.counter('request_throttle_wait_count');
  readonly requestThrottleQueueTimeMs: PercentileSummary = this.registry.percentileSummary(
    'request_throttle_queue_time_ms',
  );
  readonly responsePacketCacheHits: Counter = this.registry.counter('response_packet_cache_hits');
  readonly responsePacketCacheMisses: Counter = this.registry.counter(
    'response_packet_cache_misses',
  );
  readonly responsePacketGetChildrenCacheHits: Counter = this.registry.counter(
    'response_packet_get_children_cache_hits',
  );
  readonly responsePacketGetChildrenCacheMisses: Counter = this.registry.counter(
    'response_packet_get_children_cache_misses',
  );

  // -- connections ----------------------------------------------------------------------------
  readonly connectionRequestCount: Counter = this.registry.counter('connection_request_count');
  readonly connectionRejected: Counter = this.registry.counter('connection_rejected');
  /** Not Apache's: clients disconnected because they did not take their replies. */
  readonly slowReaderDisconnectCount: Counter = this.registry.counter(
    'slow_reader_disconnect_count',
  );
  readonly connectionDropCount: Counter = this.registry.counter('connection_drop_count');
  readonly connectionRevalidateCount: Counter = this.registry.counter(
    'connection_revalidate_count',
  );
  readonly connectionTokenDeficit: Summary = this.registry.summary('connection_token_deficit');
  readonly sessionlessConnectionsExpired: Counter = this.registry.counter(
    'sessionless_connections_expired',
  );
  readonly socketClosingTime: Summary = this.registry.summary('socket_closing_time');
  readonly cnxnClosedWithoutZkServerRunning: Counter = this.registry.counter(
    'cnxn_closed_without_zk_server_running',
  );
  readonly unsuccessfulHandshake: Counter = this.registry.counter('unsuccessful_handshake');
  readonly tlsHandshakeExceeded: Counter = this.registry.counter('tls_handshake_exceeded');
  readonly insecureAdminCount: Counter = this.registry.counter('insecure_admin_count');
  readonly ensembleAuthSuccess: Counter = this.registry.counter('ensemble_auth_success');
  readonly ensembleAuthFail: Counter = this.registry.counter('ensemble_auth_fail');
  readonly ensembleAuthSkip: Counter = this.registry.counter('ensemble_auth_skip');
  readonly nettyQueuedBufferCapacity: Summary = this.registry.summary(
    'netty_queued_buffer_capacity',
  );

  // -- sessions and watches -------------------------------------------------------------------
  readonly staleSessionsExpired: Counter = this.registry.counter('stale_sessions_expired');
  readonly revalidateCount: Counter = this.registry.counter('revalidate_count');
  readonly nodeCreatedWatchCount: Summary = this.registry.summary('node_created_watch_count');
  readonly nodeDeletedWatchCount: Summary = this.registry.summary('node_deleted_watch_count');
  readonly nodeChangedWatchCount: Summary = this.registry.summary('node_changed_watch_count');
  readonly nodeChildrenWatchCount: Summary = this.registry.summary('node_children_watch_count');
  readonly addDeadWatcherStallTime: Counter = this.registry.counter('add_dead_watcher_stall_time');
  readonly deadWatchersQueued: Counter = this.registry.counter('dead_watchers_queued');
  readonly deadWatchersCleared: Counter = this.registry.counter('dead_watchers_cleared');
  readonly deadWatchersCleanerLatency: PercentileSummary = this.registry.percentileSummary(
    'dead_watchers_cleaner_latency',
  );

  // -- preparing requests ---------------------------------------------------------------------
  readonly prepProcessorQueueTimeMs: PercentileSummary = this.registry.percentileSummary(
    'prep_processor_queue_time_ms',
  );
  readonly prepProcessorQueueSize: Summary = this.registry.summary('prep_processor_queue_size');
  readonly prepProcessorRequestQueued: Counter = this.registry.counter(
    'prep_processor_request_queued',
  );
  readonly prepProcessTime: Summary = this.registry.summary('prep_process_time');
  readonly closeSessionPrepTime: PercentileSummary =
    this.registry.percentileSummary('close_session_prep_time');
  readonly outstandingChangesQueued: Counter = this.registry.counter('outstanding_changes_queued');
  readonly outstandingChangesRemoved: Counter = this.registry.counter(
    'outstanding_changes_removed',
  );
  readonly proposalProcessTime: Summary = this.registry.summary('proposal_process_time');

  // -- transaction log ------------------------------------------------------------------------
  readonly fsyncTime: Summary = this.registry.summary('fsynctime');
  readonly syncProcessorQueueAndFlushTimeMs: PercentileSummary = this.registry.percentileSummary(
    'sync_processor_queue_and_flush_time_ms',
  );
  readonly syncProcessorQueueSize: Summary = this.registry.summary('sync_processor_queue_size');
  readonly syncProcessorRequestQueued: Counter = this.registry.counter(
    'sync_processor_request_queued',
  );
  readonly syncProcessorQueueTimeMs: PercentileSummary = this.registry.percentileSummary(
    'sync_processor_queue_time_ms',
  );
  readonly syncProcessorQueueFlushTimeMs: PercentileSummary = this.registry.percentileSummary(
    'sync_processor_queue_flush_time_ms',
  );
  readonly syncProcessTime: Summary = this.registry.summary('sync_process_time');
  readonly syncProcessorBatchSize: Summary = this.registry.summary('sync_processor_batch_size');

  // -- commit and application -----------------------------------------------------------------
  readonly requestCommitQueued: Counter = this.registry.counter('request_commit_queued');
  readonly requestsInSessionQueue: Summary = this.registry.summary('requests_in_session_queue');
  readonly pendingSessionQueueSize: Summary = this.registry.summary('pending_session_queue_size');
  readonly readsAfterWriteInSessionQueue: Summary = this.registry.summary(
    'reads_after_write_in_session_queue',
  );
  readonly readsIssuedFromSessionQueue: Summary = this.registry.summary(
    'reads_issued_from_session_queue',
  );
  readonly sessionQueuesDrained: Summary = this.registry.summary('session_queues_drained');
  readonly timeWaitingEmptyPoolInCommitProcessorReadMs: Summary = this.registry.summary(
    'time_waiting_empty_pool_in_commit_processor_read_ms',
  );
  readonly writeBatchTimeInCommitProcessor: Summary = this.registry.summary(
    'write_batch_time_in_commit_processor',
  );
  readonly concurrentRequestProcessingInCommitProcessor: Summary = this.registry.summary(
    'concurrent_request_processing_in_commit_processor',
  );
  readonly readCommitProcReqQueued: Summary = this.registry.summary('read_commit_proc_req_queued');
  readonly writeCommitProcReqQueued: Summary = this.registry.summary(
    'write_commit_proc_req_queued',
  );
  readonly commitCommitProcReqQueued: Summary = this.registry.summary(
    'commit_commit_proc_req_queued',
  );
  readonly readCommitProcIssued: Summary = this.registry.summary('read_commit_proc_issued');
  readonly writeCommitProcIssued: Summary = this.registry.summary('write_commit_proc_issued');
  readonly readCommitprocTimeMs: PercentileSummary =
    this.registry.percentileSummary('read_commitproc_time_ms');
  readonly writeCommitprocTimeMs: PercentileSummary = this.registry.percentileSummary(
    'write_commitproc_time_ms',
  );
  readonly localWriteCommittedTimeMs: PercentileSummary = this.registry.percentileSummary(
    'local_write_committed_time_ms',
  );
  readonly serverWriteCommittedTimeMs: PercentileSummary = this.registry.percentileSummary(
    'server_write_committed_time_ms',
  );
  readonly commitProcessTime: Summary = this.registry.summary('commit_process_time');
  readonly readFinalProcTimeMs: PercentileSummary =
    this.registry.percentileSummary('read_final_proc_time_ms');
  readonly writeFinalProcTimeMs: PercentileSummary = this.registry.percentileSummary(
    'write_final_proc_time_ms',
  );
  readonly requestsNotForwardedToCommitProcessor: Counter = this.registry.counter(
    'requests_not_forwarded_to_commit_processor',
  );
  readonly digestMismatchesCount: Counter = this.registry.counter('digest_mismatches_count');

  // -- start, snapshots and restore -----------------------------------------------------------
  readonly dbInitTime: Summary = this.registry.summary('dbinittime');
  readonly startupTxnsLoaded: Summary = this.registry.summary('startup_txns_loaded');
  readonly startupTxnsLoadTime: Summary = this.registry.summary('startup_txns_load_time');
  readonly startupSnapLoadTime: Summary = this.registry.summary('startup_snap_load_time');
  readonly snapshotTime: Summary = this.registry.summary('snapshottime');
  readonly snapshotErrorCount: Counter = this.registry.counter('snapshot_error_count');
  readonly snapshotRateLimitedCount: Counter = this.registry.counter('snapshot_rate_limited_count');
  readonly restoreTime: Summary = this.registry.summary('restore_time');
  readonly restoreErrorCount: Counter = this.registry.counter('restore_error_count');
  readonly restoreRateLimitedCount: Counter = this.registry.counter('restore_rate_limited_count');
  readonly unrecoverableErrorCount: Counter = this.registry.counter('unrecoverable_error_count');
  readonly jvmPauseTimeMs: PercentileSummary = this.registry.percentileSummary('jvm_pause_time_ms');

  // -- the quorum -----------------------------------------------------------------------------
  readonly electionTime: Summary = this.registry.summary('election_time');
  readonly lookingCount: Counter = this.registry.counter('looking_count');
  readonly unavailableTime: Summary = this.registry.summary('unavailable_time');
  readonly leaderUnavailableTime: Summary = this.registry.summary('leader_unavailable_time');
  readonly diffCount: Counter = this.registry.counter('diff_count');
  readonly snapCount: Counter = this.registry.counter('snap_count');
  readonly commitCount: Counter = this.registry.counter('commit_count');
  readonly inflightSnapCount: Summary = this.registry.summary('inflight_snap_count');
  readonly inflightDiffCount: Summary = this.registry.summary('inflight_diff_count');
  readonly followerSyncTime: Summary = this.registry.summary('follower_sync_time');
  readonly observerSyncTime: Summary = this.registry.summary('observer_sync_time');
  readonly proposalCount: Counter = this.registry.counter('proposal_count');
  readonly proposalLatency: PercentileSummary = this.registry.percentileSummary('proposal_latency');
  readonly proposalAckCreationLatency: PercentileSummary = this.registry.percentileSummary(
    'proposal_ack_creation_latency',
  );
  readonly propagationLatency: PercentileSummary =
    this.registry.percentileSummary('propagation_latency');
  readonly commitPropagationLatency: PercentileSummary = this.registry.percentileSummary(
    'commit_propagation_latency',
  );
  readonly quorumAckLatency: PercentileSummary =
    this.registry.percentileSummary('quorum_ack_latency');
  readonly quitLeadingDueToDisloyalVoter: Counter = this.registry.counter(
    'quit_leading_due_to_disloyal_voter',
  );
  readonly learnerProposalReceivedCount: Counter = this.registry.counter(
    'learner_proposal_received_count',
  );
  readonly learnerCommitReceivedCount: Counter = this.registry.counter(
    'learner_commit_received_count',
  );
  readonly learnerRequestProcessorQueueSize: Summary = this.registry.summary(
    'learner_request_processor_queue_size',
  );
  readonly skipLearnerRequestToNextProcessorCount: Counter = this.registry.counter(
    'skip_learner_request_to_next_processor_count',
  );
  readonly omProposalProcessTimeMs: PercentileSummary = this.registry.percentileSummary(
    'om_proposal_process_time_ms',
  );
  readonly omCommitProcessTimeMs: PercentileSummary = this.registry.percentileSummary(
    'om_commit_process_time_ms',
  );
  // -- by namespace (first component of a path) or by peer (server id) ----------------------------
  readonly readPerNamespace: SummarySet = this.registry.summarySet('read_per_namespace');
  readonly writePerNamespace: SummarySet = this.registry.summarySet('write_per_namespace');
  readonly quotaExceededErrorPerNamespace: CounterSet = this.registry.counterSet(
    'quota_exceeded_error_per_namespace',
  );
  readonly learnerHandlerQpSize: SummarySet = this.registry.summarySet('learner_handler_qp_size');
  readonly learnerHandlerQpTimeMs: SummarySet = this.registry.percentileSummarySet(
    'learner_handler_qp_time_ms',
  );
  readonly ackLatency: SummarySet = this.registry.percentileSummarySet('ack_latency');
}
