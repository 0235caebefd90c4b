import { buildConfig } from './config/build-config.ts';
import { ConfigError, type ConfigWarning, Findings } from './config/config-error.ts';
import type { Config } from './config/config-type.ts';
import { type Property, parseProperties } from './config/properties.ts';
import { Settings } from './config/settings.ts';

export type { Config };
export { ConfigError, type ConfigWarning };

/** `-D` properties by name, with or without `zookeeper.` before the key. */
export type SystemProperties = ReadonlyMap<string, string>;

/** A configuration that can be used, and what its operator should be told at the start. */
export type ParsedConfig = {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
  /** Keys that were set and mean nothing in Node; to be named together in one line. */
  readonly notApplicable: readonly string[];
};

/** The arguments that may stand for a file, as of Apache ZooKeeper's ZooKeeperServerMain. */
export type ConfigArguments = {
  readonly clientPort: number;
  readonly dataDir: string;
  readonly tickTimeMs: number | null;
  readonly maxClientCnxns: number | null;
};

/**
 * Makes a Config of the text of zoo.cfg and of `-D` properties.
 *
 * Pure: no file is read and no name resolved; `myid` is for `withMyid`. `text` is decoded already, as UTF-8
 * (deviates: Java decodes Latin-1). Throws a ConfigError that lists everything that is wrong, each with
 * place, key and remedy.
 */
export function parseConfig(
  text: string,
  options: { readonly file: string; readonly systemProperties: SystemProperties },
): ParsedConfig {
  const { properties, faults } = parseProperties(text);
  const findings = new Findings();
  for (const { line, escape: broken } of faults) {
    const message = `${broken} is not a character; write \\u and four hexadecimal digits, or \\\\ for a backslash`;
    findings.error('SYNTAX', { source: options.file, line }, '', message);
  }
  return parsed(options.file, properties, options.systemProperties, findings);
}

/**
 * Makes a Config of `port dataDir [tickTime [maxClientCnxns]]` and of `-D` properties.
 *
 * As in Apache ZooKeeper's form of these arguments, connections from one address are not limited unless the
 * fourth says so; zoo.cfg has a limit of 60.
 */
export function configFromArguments(
  given: ConfigArguments,
  systemProperties: SystemProperties,
): ParsedConfig {
  return parsedFrom(
    {
      clientPort: given.clientPort,
      dataDir: given.dataDir,
      ...(given.tickTimeMs === null ? {} : { tickTime: given.tickTimeMs }),
      maxClientCnxns: given.maxClientCnxns ?? 0,
    },
    systemProperties,
  );
}

/** Where the server keeps its data when nobody says where. */
export const QUICK_START_DATA_DIR = './data';
/** Where it listens then. */
export const QUICK_START_CLIENT_PORT = 2181;

/** The Config of a server that was told nothing: 2181, and `./data` for its data; `-D` may say otherwise. */
export function quickStartConfig(systemProperties: SystemProperties): ParsedConfig {
  const given = (key: string): boolean =>
    systemProperties.has(key) || systemProperties.has(`zookeeper.${key}`);
  return parsedFrom(
    {
      ...(given('clientPort') ? {} : { clientPort: QUICK_START_CLIENT_PORT }),
      ...(given('dataDir') ? {} : { dataDir: QUICK_START_DATA_DIR }),
    },
    systemProperties,
  );
}

/**
 * Adds the content of `dataDir/myid`, or null where there is no such file, as a standalone server may have
 * it.
 *
 * Throws a ConfigError if it is not a number, or if the server line of that id names another client port
 * than `clientPort` does.
 */
export function withMyid(config: Config, text: string | null): Config {
  if (text === null) return config;
  const findings = new Findings();
  const place = { source: `${config.dataDir}/myid`, line: null };
  const firstLine = text.split(/\r\n|\r|\n/, 1)[0]!.trim();
  if (!/^\d{1,15}$/.test(firstLine)) {
    const remedy = 'write this server’s number from its server line, 1 to 255';
    const shown = firstLine === '' ? 'is empty' : `${JSON.stringify(firstLine)} is not a number`;
    findings.error('BAD_VALUE', place, 'myid', `${shown}; ${remedy}`);
    findings.throwIfAny();
  }
  const serverId = Number(firstLine);
  const client = config.servers.find(({ id }) => id === serverId)?.client ?? null;
  if (client !== null && client.port !== config.clientPort) {
    findings.error(
      'CONFLICT',
      { source: config.file, line: null },
      'clientPort',
      `clientPort=${config.clientPort} but server.${serverId} says ${client.port}; make them equal`,
    );
  }
  findings.throwIfAny();
  return client?.host == null
    ? { ...config, serverId }
    : { ...config, serverId, clientPortAddress: client.host };
}

function parsedFrom(
  values: Readonly<Record<string, string | number>>,
  systemProperties: SystemProperties,
): ParsedConfig {
  const properties = Object.entries(values).map(([key, value]) => ({
    key,
    value: `${value}`,
    line: 0,
  }));
  return parsed(null, properties, systemProperties, new Findings());
}

function parsed(
  file: string | null,
  properties: readonly Property[],
  systemProperties: SystemProperties,
  findings: Findings,
): ParsedConfig {
  const settings = new Settings({ file, properties, systemProperties }, findings);
  const config = buildConfig(file, settings, findings);
  findings.throwIfAny();
  return { config, warnings: findings.warnings, notApplicable: settings.notApplicable };
}
