import { boolean, type ConfigKey, decimal, integer, later, notApplicable, used } from './key.ts';

const tls = later('TLS');
const pathStats = later('path statistics');
const stalls = later('the monitor of event loop stalls');

/** Reference 4.3: throttling, batching, caching, connections. */
export const LIMIT_KEYS: readonly ConfigKey[] = [
  used(
    'request_throttle_max_requests',
    integer(0),
    'requests in the pipeline above which others wait; 0: off',
    {
      aliases: ['requestThrottleLimit'],
    },
  ),
  used(
    'request_throttle_stall_time',
    integer(100, { min: 1 }),
    'ms a request waits before it is looked at again',
    {
      aliases: ['requestThrottleStallTime'],
    },
  ),
  used(
    'request_throttle_drop_stale',
    boolean(true),
    'drop stale requests instead of letting them wait',
    {
      aliases: ['requestThrottleDropStale'],
    },
  ),
  used(
    'request_stale_latency_check',
    boolean(false),
    'stale: waited longer than the session’s timeout',
    {
      aliases: ['requestStaleLatencyCheck'],
    },
  ),
  used('request_stale_connection_check', boolean(true), 'stale: the connection is gone', {
    aliases: ['requestStaleConnectionCheck'],
  }),
  used(
    'request_throttler.shutdownTimeout',
    integer(10_000, { min: 0 }),
    'ms a shutdown waits for requests',
  ),
  used(
    'throttled_op_wait_time',
    integer(0),
    'ms in the throttle after which a request is refused; 0: never',
    {
      aliases: ['throttledOpWaitTime'],
    },
  ),
  used('connection_throttle_tokens', integer(0), 'connections accepted at once; 0: no throttle', {
    aliases: ['connectionMaxTokens'],
  }),
  used('connection_throttle_fill_time', integer(1, { min: 1 }), 'ms in which tokens come back', {
    aliases: ['connectionTokenFillTime'],
  }),
  used(
    'connection_throttle_fill_count',
    integer(1, { min: 0 }),
    'tokens that come back in that time',
    {
      aliases: ['connectionTokenFillCount'],
    },
  ),
  used(
    'connection_throttle_freeze_time',
    integer(-1),
    'ms between adjustments of the drop rate; -1: none',
    {
      aliases: ['connectionFreezeTime'],
    },
  ),
  used('connection_throttle_drop_increase', decimal(0.02, 0, 1), 'by which the drop rate grows', {
    aliases: ['connectionDropIncrease'],
  }),
  used('connection_throttle_drop_decrease', decimal(0.002, 0, 1), 'by which the drop rate falls', {
    aliases: ['connectionDropDecrease'],
  }),
  used(
    'connection_throttle_decrease_ratio',
    decimal(0, 0, 1),
    'part of tokens left at which the drop rate falls',
    {
      aliases: ['connectionDecreaseRatio'],
    },
  ),
  used('connection_throttle_weight_enabled', boolean(false), 'kinds of sessions cost differently'),
  used(
    'connection_throttle_global_session_weight',
    integer(3, { min: 1 }),
    'tokens of a new session',
  ),
  used(
    'connection_throttle_local_session_weight',
    integer(1, { min: 1 }),
    'tokens of a new local session',
  ),
  used(
    'connection_throttle_renew_session_weight',
    integer(2, { min: 1 }),
    'tokens of a resumed session',
  ),
  used(
    'largeRequestMaxBytes',
    integer(104_857_600, { min: 1 }),
    'bytes of large requests at one time',
  ),
  used('largeRequestThreshold', integer(-1), 'bytes above which a request is large; -1: none is'),
  used(
    'maxChildrenReplyBytes',
    integer(null, { min: 1 }),
    'Okapi’s own: bytes of the largest list of children; as jute.maxbuffer unless given',
  ),
  used('flushDelay', integer(0, { min: 0 }), 'ms a batch of writes may wait for more'),
  used(
    'maxWriteQueuePollTime',
    integer(null, { min: 0 }),
    'ms to wait for one more write; a third of flushDelay unless given',
  ),
  used(
    'maxBatchSize',
    integer(1000),
    'writes in a batch above which it does not wait; 0: unlimited',
  ),
  notApplicable('maxResponseCacheSize', 'replies to getData kept; replies need no cache here'),
  notApplicable('maxGetChildrenResponseCacheSize', 'replies to getChildren kept; as above'),
  notApplicable('intBufferStartingSizeBytes', 'first size of a buffer'),
  notApplicable('nio.numSelectorThreads', 'threads that wait for connections'),
  notApplicable('nio.numWorkerThreads', 'threads that read from connections'),
  notApplicable('nio.directBufferBytes', 'buffer of a thread'),
  notApplicable('nio.shutdownTimeout', 'ms to wait for those threads'),
  used(
    'nio.sessionlessCnxnTimeout',
    integer(10_000, { min: 1 }),
    'ms a connection may be without a session',
  ),
  notApplicable('netty.advancedFlowControl.enabled', 'how Netty reads', {
    aliases: ['advancedFlowControlEnabled'],
  }),
  tls(
    'netty.server.outstandingHandshake.limit',
    integer(-1),
    'TLS handshakes at one time; -1: unlimited',
    {
      aliases: ['outstandingHandshake.limit'],
    },
  ),
  tls('netty.server.earlyDropSecureConnectionHandshakes', boolean(false), 'drop handshakes early'),
  notApplicable('serverCnxnFactory', 'class of the listener'),
  notApplicable('watchManagerName', 'class of the watch table'),
  notApplicable('watcherCleanThreadsNum', 'threads that remove watches'),
  notApplicable('watcherCleanThreshold', 'watches removed at one time'),
  notApplicable('watcherCleanIntervalInSeconds', 'seconds between removals'),
  notApplicable('maxInProcessingDeadWatchers', 'watches waiting to be removed'),
  notApplicable('bitHashCacheSize', 'cache of the watch table'),
  pathStats('pathStats.enabled', boolean(false), 'log the busiest paths'),
  pathStats('pathStats.slotCapacity', integer(60), 'slots of time kept'),
  pathStats('pathStats.slotDuration', integer(15), 'seconds of a slot'),
  pathStats('pathStats.maxDepth', integer(6), 'components of a path that count'),
  pathStats('pathStats.sampleRate', decimal(0.1, 0, 1), 'part of the requests that are counted'),
  pathStats('pathStats.initialDelay', integer(5), 'minutes to the first line'),
  pathStats('pathStats.delay', integer(5), 'minutes between lines'),
  pathStats('pathStats.topPathMax', integer(20), 'paths in a line'),
  stalls('jvm.pause.monitor', boolean(false), 'log pauses of the process'),
  stalls('jvm.pause.info-threshold.ms', integer(1000), 'ms of a pause that is logged'),
  stalls('jvm.pause.warn-threshold.ms', integer(10_000), 'ms of a pause that is a warning'),
  stalls('jvm.pause.sleep.time.ms', integer(500), 'ms between measurements'),
];
