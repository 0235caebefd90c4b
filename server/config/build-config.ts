import { FOUR_LETTER_WORDS } from '../admin/four-letter-word.ts';
import { readAccess } from './build-access.ts';
import { readLimits } from './build-limits.ts';
import { readStorage } from './build-storage.ts';
import type { Findings, Place } from './config-error.ts';
import type { Config, ServerLine } from './config-type.ts';
import { nearestName } from './nearest-name.ts';
import { listenHost, parseServerLine, SERVER_LINE_FORM } from './server-line.ts';
import type { Settings } from './settings.ts';

/**
 * The words answered unless `4lw.commands.whitelist` says otherwise: those that only read, at a cost that
 * does not grow with the data.
 *
 * deviates: Apache ZooKeeper answers `srvr` alone, and probes of its users fail in silence.
 */
export const DEFAULT_FOUR_LETTER_WORDS: readonly string[] = [
  'ruok',
  'srvr',
  'stat',
  'mntr',
  'conf',
  'isro',
  'cons',
  'wchs',
  'dirs',
];

/** Makes a Config of the settings; what is wrong goes to `findings`, and the result is then of no use. */
export function buildConfig(file: string | null, settings: Settings, findings: Findings): Config {
  const servers = readServers(settings, findings);
  const times = readTimes(file, settings, findings);
  return {
    file,
    ...readStorage(file, settings, findings),
    ...readListener(file, settings, findings, servers),
    ...readLimits(settings),
    ...readAccess(settings, findings),
    ...times,
    serverId: null,
    servers,
    fourLetterWords: readFourLetterWords(settings, findings),
  };
}

function readServers(settings: Settings, findings: Findings): ServerLine[] {
  const servers: ServerLine[] = [];
  for (const setting of settings.family('server.N')) {
    const { name, text } = setting;
    const idText = name.slice('server.'.length);
    if (!/^\d{1,15}$/.test(idText)) {
      const remedy = 'write server.1, server.2 and so on';
      findings.error('BAD_VALUE', setting, name, `${name} has no number after the dot; ${remedy}`);
      continue;
    }
    const line = parseServerLine(Number(idText), text);
    if (typeof line === 'string') {
      const remedy = `write ${SERVER_LINE_FORM}`;
      findings.error('BAD_VALUE', setting, name, `${name}=${text} ${line}; ${remedy}`);
    } else {
      servers.push(line);
    }
  }
  const lines = settings.family('server.N');
  if (lines.length > 1 || servers.some(({ role }) => role === 'observer')) {
    findings.error(
      'NOT_IN_THIS_RELEASE',
      lines[0]!,
      'server.N',
      `there are ${lines.length} server lines (${lines.map(({ name }) => name).join(', ')}), but ensembles ` +
        'are not in this release; leave one line, of a participant, or none',
    );
  }
  return servers.sort((a, b) => a.id - b.id);
}

type Times = Pick<
  Config,
  | 'tickTimeMs'
  | 'minSessionTimeoutMs'
  | 'maxSessionTimeoutMs'
  | 'initLimitTicks'
  | 'syncLimitTicks'
  | 'localSessionsEnabled'
  | 'localSessionsUpgradingEnabled'
  | 'readOnlyModeEnabled'
  | 'sessionlessCnxnTimeoutMs'
  | 'closeSessionTxnEnabled'
>;

function readTimes(file: string | null, settings: Settings, findings: Findings): Times {
  const tickTimeMs = settings.number('tickTime');
  const min = settings.number('minSessionTimeout');
  const max = settings.number('maxSessionTimeout');
  const minSessionTimeoutMs = min === -1 ? 2 * tickTimeMs : min;
  const maxSessionTimeoutMs = max === -1 ? 20 * tickTimeMs : max;
  if (minSessionTimeoutMs > maxSessionTimeoutMs) {
    const place = settings.get(min === -1 ? 'maxSessionTimeout' : 'minSessionTimeout');
    const given = (value: number, ticks: number): string =>
      value === -1 ? ` (${ticks} ticks)` : '';
    findings.error(
      'CONFLICT',
      place ?? { source: file, line: null },
      'minSessionTimeout',
      `minSessionTimeout=${minSessionTimeoutMs}${given(min, 2)} is above ` +
        `maxSessionTimeout=${maxSessionTimeoutMs}${given(max, 20)}; lower the one or raise the other`,
    );
  }
  return {
    tickTimeMs,
    minSessionTimeoutMs,
    maxSessionTimeoutMs,
    initLimitTicks: settings.numberOrNull('initLimit'),
    syncLimitTicks: settings.numberOrNull('syncLimit'),
    localSessionsEnabled: settings.boolean('localSessionsEnabled'),
    localSessionsUpgradingEnabled: settings.boolean('localSessionsUpgradingEnabled'),
    readOnlyModeEnabled: settings.boolean('readonlymode.enabled'),
    sessionlessCnxnTimeoutMs: settings.number('nio.sessionlessCnxnTimeout'),
    closeSessionTxnEnabled: settings.boolean('closeSessionTxn.enabled'),
  };
}

type Listener = Pick<Config, 'clientPort' | 'clientPortAddress' | 'listenBacklog' | 'tcpKeepAlive'>;

function readListener(
  file: string | null,
  settings: Settings,
  findings: Findings,
  servers: readonly ServerLine[],
): Listener {
  const port = settings.numberOrNull('clientPort');
  const address = settings.text('clientPortAddress');
  const fromLine = servers.length === 1 ? servers[0]!.client : null;
  if (settings.get('clientPort') === undefined && (fromLine === null || address !== null)) {
    const place: Place = settings.get('clientPortAddress') ?? { source: file, line: null };
    const because = address === null ? '' : ' although clientPortAddress is given';
    const text = `clientPort is missing${because}; add clientPort=2181`;
    findings.error('MISSING_KEY', place, 'clientPort', text);
  }
  const backlog = settings.number('clientPortListenBacklog');
  return {
    clientPort: port ?? fromLine?.port ?? 0,
    clientPortAddress:
      address === null ? (port === null ? (fromLine?.host ?? null) : null) : listenHost(address),
    listenBacklog: backlog < 1 ? null : backlog,
    tcpKeepAlive: settings.boolean('clientTcpKeepAlive'),
  };
}

/** `srvr` is always answered (zkServer.sh asks it), and `isro` when clients may look for a writable server. */
function readFourLetterWords(settings: Settings, findings: Findings): ReadonlySet<string> {
  const setting = settings.get('4lw.commands.whitelist');
  if (setting === undefined) return new Set(DEFAULT_FOUR_LETTER_WORDS);
  const words = new Set(['srvr']);
  if (settings.boolean('readonlymode.enabled')) words.add('isro');
  for (const word of setting.text.split(',').map((part) => part.trim())) {
    if (word === '*') return new Set(FOUR_LETTER_WORDS);
    if (word === '') continue;
    words.add(word);
    if ((FOUR_LETTER_WORDS as readonly string[]).includes(word)) continue;
    const meant = nearestName(word, FOUR_LETTER_WORDS);
    const hint = meant === undefined ? 'it has no effect' : `did you mean ${meant}?`;
    const text = `${word} is not a four-letter word; ${hint}`;
    findings.warn('UNKNOWN_KEY', setting, setting.name, text);
  }
  return words;
}
