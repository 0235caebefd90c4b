#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullVersion } from './admin/version.ts';
import { ConfigError, type ParsedConfig, parseConfig, quickStartConfig, withMyid } from './config.ts';
import { createLog } from './io/log.ts';
import { startServer, ExitCode } from './io/server-process.ts';

const [, , verb, file] = process.argv;
const log = createLog(process.env['OKAPI_LOG_LEVEL'] ?? 'info');
if (verb !== 'server') throw new Error('only `server` yet');
try {
  const parsed: ParsedConfig =
    file === undefined
      ? quickStartConfig(new Map())
      : parseConfig(readFileSync(file, 'utf8'), { file, systemProperties: new Map() });
  for (const { message } of parsed.warnings) log.warn({}, message);
  let myid: string | null = null;
  try {
    myid = readFileSync(join(parsed.config.dataDir, 'myid'), 'utf8');
  } catch {
    // A standalone server needs none.
  }
  const config = withMyid(parsed.config, myid);
  const server = await startServer(config, fullVersion('0.1.0', Date.now()), log);
  const stop = (): void => {
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  log.error({}, (error as Error).message);
  process.exit(error instanceof ConfigError ? ExitCode.INVALID_INVOCATION : ExitCode.UNABLE_TO_START);
}
