/**
 * Metrics that stay 0 in this server although Apache ZooKeeper measures them, with the reason.
 *
 * They are still shown, because a dashboard or an alert that misses its series looks broken. Metrics of
 * roles that a standalone server does not have are not listed: they are 0 in Apache ZooKeeper too.
 */
export const UNMEASURED: ReadonlyMap<string, string> = reasons([
  [
    'a reply is copied from the znode, which rests in its wire form; there is no response cache',
    [
      'response_packet_cache_hits',
      'response_packet_cache_misses',
      'response_packet_get_children_cache_hits',
      'response_packet_get_children_cache_misses',
    ],
  ],
  [
    'watches of a closed connection are removed at once; there is no cleaner in the background',
    [
      'add_dead_watcher_stall_time',
      'dead_watchers_queued',
      'dead_watchers_cleared',
      'dead_watchers_cleaner_latency',
    ],
  ],
  [
    'a request is prepared in the turn of the event loop that reads it; there is no queue before it',
    ['prep_processor_queue_time_ms', 'prep_processor_queue_size'],
  ],
  [
    'one thread owns the state; there is no pool of workers between commit and application',
    [
      'time_waiting_empty_pool_in_commit_processor_read_ms',
      'write_batch_time_in_commit_processor',
      'concurrent_request_processing_in_commit_processor',
      'requests_not_forwarded_to_commit_processor',
      'skip_learner_request_to_next_processor_count',
    ],
  ],
  ['sockets are Node’s own; Netty is not used', ['netty_queued_buffer_capacity']],
  [
    'TLS is not in this release',
    ['unsuccessful_handshake', 'tls_handshake_exceeded', 'outstanding_tls_handshake'],
  ],
  [
    'the AdminServer is not in this release',
    [
      'insecure_admin_count',
      'snapshot_rate_limited_count',
      'restore_time',
      'restore_error_count',
      'restore_rate_limited_count',
    ],
  ],
  [
    'the ensemble scheme is not in this release',
    ['ensemble_auth_success', 'ensemble_auth_fail', 'ensemble_auth_skip'],
  ],
]);

function reasons(
  groups: readonly (readonly [reason: string, names: readonly string[]])[],
): ReadonlyMap<string, string> {
  return new Map(groups.flatMap(([reason, names]) => names.map((name) => [name, reason] as const)));
}
