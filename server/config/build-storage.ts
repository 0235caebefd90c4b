import type { Findings } from './config-error.ts';
import type { Config } from './config-type.ts';
import type { Settings } from './settings.ts';

const KIB = 1024;

type Storage = Pick<
  Config,
  | 'dataDir'
  | 'dataLogDir'
  | 'datadirAutocreate'
  | 'dbAutocreate'
  | 'trustEmptySnapshot'
  | 'preAllocBytes'
  | 'txnLogSizeLimitBytes'
  | 'forceSync'
  | 'fsyncWarningMs'
  | 'flushDelayMs'
  | 'maxWriteQueuePollMs'
  | 'maxBatchCount'
  | 'snapCount'
  | 'snapSizeLimitBytes'
  | 'snapRetainCount'
  | 'purgeIntervalHours'
  | 'digestEnabled'
  | 'extendedTypesEnabled'
  | 'emulate353TtlNodes'
  | 'enforceQuota'
  | 'reconfigEnabled'
  | 'container'
>;

/** Where data is kept, how it is logged, and what the tree may hold. */
export function readStorage(file: string | null, settings: Settings, findings: Findings): Storage {
  const dataDir = settings.text('dataDir');
  if (dataDir === null) {
    const place = settings.get('dataDir') ?? { source: file, line: null };
    const text = 'dataDir is missing; add dataDir=<directory for snapshots and myid>';
    findings.error('MISSING_KEY', place, 'dataDir', text);
  }
  const forceSync = settings.boolean('forceSync');
  const unsafe = settings.get('forceSync');
  if (!forceSync && unsafe !== undefined) {
    const text = 'forceSync=no: a power cut loses writes that were acknowledged; remove the line';
    findings.warn('UNSAFE', unsafe, 'forceSync', text);
  }
  const flushDelayMs = settings.number('flushDelay');
  return {
    dataDir: dataDir ?? '',
    dataLogDir: settings.text('dataLogDir') ?? dataDir ?? '',
    datadirAutocreate: settings.boolean('datadir.autocreate'),
    dbAutocreate: settings.boolean('db.autocreate'),
    trustEmptySnapshot: settings.boolean('snapshot.trust.empty'),
    preAllocBytes: Math.max(0, settings.number('preAllocSize')) * KIB,
    txnLogSizeLimitBytes: kibibytes(settings.limit('txnLogSizeLimitInKb')),
    forceSync,
    fsyncWarningMs: settings.number('fsync.warningthresholdms'),
    flushDelayMs,
    maxWriteQueuePollMs:
      settings.numberOrNull('maxWriteQueuePollTime') ?? Math.floor(flushDelayMs / 3),
    maxBatchCount: settings.limit('maxBatchSize'),
    snapCount: settings.number('snapCount'),
    snapSizeLimitBytes: kibibytes(settings.limit('snapSizeLimitInKb')),
    snapRetainCount: settings.number('autopurge.snapRetainCount'),
    purgeIntervalHours: settings.limit('autopurge.purgeInterval'),
    digestEnabled: settings.boolean('digest.enabled'),
    extendedTypesEnabled: settings.boolean('extendedTypesEnabled'),
    emulate353TtlNodes: settings.boolean('emulate353TTLNodes'),
    enforceQuota: settings.boolean('enforceQuota'),
    reconfigEnabled: settings.boolean('reconfigEnabled'),
    container: {
      checkIntervalMs: settings.number('znode.container.checkIntervalMs'),
      maxPerMinute: settings.number('znode.container.maxPerMinute'),
      maxNeverUsedMs: settings.limit('znode.container.maxNeverUsedIntervalMs'),
    },
  };
}

function kibibytes(count: number | null): number | null {
  return count === null ? null : count * KIB;
}
