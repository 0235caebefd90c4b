import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ServerOptions, startServer, type TestServer } from './test-server.ts';

/** Options of an Okapi server; `properties` become `-Dkey=value`. */
export type OkapiOptions = ServerOptions & {
  readonly properties?: Readonly<Record<string, string>>;
};

/** The built server: from dist/test/support to dist/server. */
export const OKAPI_MAIN: string = path.resolve(import.meta.dirname, '../../server/main.js');

/** The `skip` of a test that needs a built Okapi server. With CI=true it is always false. */
export function skipWithoutOkapi(): string | false {
  const { CI } = process.env;
  if (CI === 'true' || existsSync(OKAPI_MAIN)) return false;
  return `${OKAPI_MAIN} does not exist: run \`npm run build\``;
}

/** Starts `okapi server <zoo.cfg>` and resolves when it serves. */
export function startOkapi(options: OkapiOptions = {}): Promise<TestServer> {
  const properties = Object.entries(options.properties ?? {});
  return startServer(
    {
      name: 'Okapi',
      program: process.execPath,
      args: (configFile) => [
        OKAPI_MAIN,
        'server',
        ...properties.map(([key, value]) => `-D${key}=${value}`),
        configFile,
      ],
      portTaken: /EADDRINUSE/,
    },
    options,
  );
}
