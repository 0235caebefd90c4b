import type { Config, ConnectionThrottleConfig, RequestThrottleConfig } from './config-type.ts';
import type { Settings } from './settings.ts';

const INT_MAX = 0x7fff_ffff;

type Limits = Pick<
  Config,
  | 'maxClientCnxns'
  | 'maxCnxns'
  | 'globalOutstandingLimit'
  | 'juteMaxBufferBytes'
  | 'juteMaxBufferExtraBytes'
  | 'largeRequestMaxBytes'
  | 'largeRequestThresholdBytes'
  | 'requestThrottle'
  | 'throttledOpWaitMs'
  | 'maxChildrenReplyBytes'
  | 'connectionThrottle'
>;

/** How much of everything there may be. */
export function readLimits(settings: Settings): Limits {
  const juteMaxBufferBytes = settings.number('jute.maxbuffer');
  // Java adds the two and stops at its largest int (BinaryInputArchive).
  const extra =
    settings.numberOrNull('jute.maxbuffer.extrasize') ?? Math.max(1024, juteMaxBufferBytes);
  return {
    maxClientCnxns: Math.max(0, settings.number('maxClientCnxns')),
    maxCnxns: Math.max(0, settings.number('maxCnxns')),
    globalOutstandingLimit: settings.number('globalOutstandingLimit'),
    juteMaxBufferBytes,
    juteMaxBufferExtraBytes: Math.min(extra, INT_MAX - juteMaxBufferBytes),
    largeRequestMaxBytes: settings.number('largeRequestMaxBytes'),
    largeRequestThresholdBytes: settings.limit('largeRequestThreshold'),
    requestThrottle: readRequestThrottle(settings),
    throttledOpWaitMs: settings.limit('throttled_op_wait_time'),
    maxChildrenReplyBytes: settings.numberOrNull('maxChildrenReplyBytes') ?? juteMaxBufferBytes,
    connectionThrottle: readConnectionThrottle(settings),
  };
}

function readRequestThrottle(settings: Settings): RequestThrottleConfig {
  return {
    maxRequests: settings.limit('request_throttle_max_requests'),
    stallMs: settings.number('request_throttle_stall_time'),
    dropStale: settings.boolean('request_throttle_drop_stale'),
    staleLatencyCheck: settings.boolean('request_stale_latency_check'),
    staleConnectionCheck: settings.boolean('request_stale_connection_check'),
    shutdownTimeoutMs: settings.number('request_throttler.shutdownTimeout'),
  };
}

/** With weights, tokens are counted in those of global sessions, and none costs less than a local one. */
function readConnectionThrottle(settings: Settings): ConnectionThrottleConfig {
  const weightEnabled = settings.boolean('connection_throttle_weight_enabled');
  const local = settings.number('connection_throttle_local_session_weight');
  const global = Math.max(local, settings.number('connection_throttle_global_session_weight'));
  const renew = Math.max(local, settings.number('connection_throttle_renew_session_weight'));
  const perToken = weightEnabled ? global : 1;
  const tokens = settings.limit('connection_throttle_tokens');
  return {
    tokens: tokens === null ? null : tokens * perToken,
    fillTimeMs: settings.number('connection_throttle_fill_time'),
    fillCount: settings.number('connection_throttle_fill_count') * perToken,
    freezeTimeMs: settings.limit('connection_throttle_freeze_time'),
    dropIncrease: settings.number('connection_throttle_drop_increase'),
    dropDecrease: settings.number('connection_throttle_drop_decrease'),
    decreaseRatio: settings.number('connection_throttle_decrease_ratio'),
    weightEnabled,
    globalSessionWeight: global,
    localSessionWeight: local,
    renewSessionWeight: renew,
  };
}
