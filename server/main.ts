#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { statusReport } from './admin/srvr-answer.ts';
import { fullVersion } from './admin/version.ts';
import {
  ConfigError,
  configFromArguments,
  type ParsedConfig,
  parseConfig,
  quickStartConfig,
  type SystemProperties,
  withMyid,
} from './config.ts';
import { type Command, type ConfigSource, parseArguments } from './io/arguments.ts';
import { createLog } from './io/log.ts';
import { ExitCode, startServer } from './io/server-process.ts';
import { askServer } from './io/status-client.ts';

/** How long `okapi status` waits for a server. */
const STATUS_TIMEOUT_MS = 5000;

type ServerCommand = Extract<Command, { kind: 'server' }>;

const command = parseArguments(process.argv.slice(2));
switch (command.kind) {
  case 'server':
    await runServer(command);
    break;
  case 'status':
    process.exitCode = await printStatus(command.host, command.port);
    break;
  case 'version':
    print(`okapi ${okapiVersion()} (ZooKeeper ${version()})`);
    break;
  case 'help':
    print(command.text);
    break;
  case 'invalid':
    process.stderr.write(`${command.message}\n`);
    process.exitCode = ExitCode.INVALID_INVOCATION;
    break;
}

/** Runs until a signal ends it; SIGTERM and SIGINT write what was proposed and leave sessions to resume. */
async function runServer({ source, systemProperties }: ServerCommand): Promise<void> {
  const log = createLog(process.env['OKAPI_LOG_LEVEL'] ?? 'info');
  try {
    const parsed = readConfig(source, systemProperties);
    for (const { message } of parsed.warnings) log.warn({}, message);
    if (parsed.notApplicable.length > 0) {
      log.info({ keys: parsed.notApplicable }, 'keys that mean nothing in this server; ignored');
    }
    const config = withMyid(parsed.config, readMyid(parsed.config.dataDir));
    const server = await startServer(config, version(), log);
    const stop = (signal: NodeJS.Signals): void => {
      log.info({ signal }, 'stopping');
      server.stop().then(
        () => process.exit(0),
        () => process.exit(ExitCode.TXNLOG_ERROR),
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    process.stderr.write(`okapi: ${(error as Error).message}\n`);
    process.exit(
      error instanceof ConfigError ? ExitCode.INVALID_INVOCATION : ExitCode.UNABLE_TO_START,
    );
  }
}

function readConfig(source: ConfigSource, systemProperties: SystemProperties): ParsedConfig {
  switch (source.kind) {
    case 'file':
      return parseConfig(readConfigFile(source.path), { file: source.path, systemProperties });
    case 'arguments':
      return configFromArguments(source.arguments, systemProperties);
    case 'quickStart':
      return quickStartConfig(systemProperties);
  }
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${path} can't be read (${reason}); name your zoo.cfg, or leave it out`, {
      cause,
    });
  }
}

/** Null without the file, which a standalone server does not need. */
function readMyid(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, 'myid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function printStatus(host: string, port: number): Promise<number> {
  const answer = await askServer({ host, port }, { timeoutMs: STATUS_TIMEOUT_MS });
  const { text, exitCode } = statusReport(answer, `${host}:${port}`);
  print(text);
  return exitCode;
}

function version(): string {
  // The time of the build is that of the file which runs.
  return fullVersion(okapiVersion(), statSync(new URL(import.meta.url)).mtimeMs);
}

function okapiVersion(): string {
  const packageFile = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(packageFile) as { version: string }).version;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
