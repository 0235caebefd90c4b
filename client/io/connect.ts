import { ErrorCode } from '../../protocol/error-code.ts';
import type { ClientOptions } from '../client-options.ts';
import { OkapiClient } from '../okapi-client.ts';
import { ZkError } from '../zk-error.ts';
import { nodePorts } from './node-ports.ts';

/** How `connect` opens a session. */
export type ConnectOptions = ClientOptions & {
  /** How long until a first server must have accepted the session; default the session timeout. */
  readonly connectTimeoutMs?: number;
};

/**
 * Opens a session and resolves with a connected client.
 *
 * @param options the servers as `host:port,host:port/chroot`, or all options
 * @throws ConnectStringError; ZkError with CONNECTIONLOSS (no server in time: `cause` says why), SESSIONEXPIRED (a session
 *   to resume is gone)
 */
export async function connect(options: string | ConnectOptions): Promise<OkapiClient> {
  const given: ConnectOptions = typeof options === 'string' ? { servers: options } : options;
  const client = openClient(given);
  const timeoutMs = given.connectTimeoutMs ?? client.sessionTimeoutMs;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const path = null;
      const error = new ZkError({ code: ErrorCode.CONNECTIONLOSS, path, operation: 'connect' });
      error.cause = client.lastFailure ?? `no server answered within ${timeoutMs} ms`;
      reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([client.whenConnected(), tooLate]);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a session without waiting for it: requests wait until there is a connection. */
export function openClient(options: ClientOptions): OkapiClient {
  const client = new OkapiClient(options, nodePorts());
  client.start();
  return client;
}
