/** Where a server listens for clients. */
export type Endpoint = { readonly host: string; readonly port: number };

/** The servers of an ensemble, and the path that takes the place of the root; '' for none. */
export type ConnectString = { readonly endpoints: readonly Endpoint[]; readonly chroot: string };

/** A connect string, or a path given to a client, that cannot be meant. */
export class ConnectStringError extends Error {
  override readonly name: string = 'ConnectStringError';
  readonly connectString: string;

  constructor(connectString: string, reason: string) {
    super(`'${connectString}': ${reason}; write host:port[,host:port...][/chroot]`);
    this.connectString = connectString;
  }
}

/** ZooKeeper's port for clients. */
export const DEFAULT_PORT = 2181;

/**
 * Reads `host:port,host:port/chroot` as ZooKeeper's clients write it. The port may be left out (2181); an IPv6 address
 * with a port stands in brackets. A chroot of `/` is none.
 *
 * @throws ConnectStringError
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/');
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 || slash === text.length - 1 ? '' : text.slice(slash);
  if (chroot.endsWith('/') || chroot.includes('//')) {
    throw new ConnectStringError(text, `'${chroot}' is not a path`);
  }
  const endpoints = hosts
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseEndpoint(part, text));
  if (endpoints.length === 0) throw new ConnectStringError(text, 'there is no host');
  return { endpoints, chroot };
}

/** `host:port`, with brackets where the host is an IPv6 address. */
export function endpointToString(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

function parseEndpoint(part: string, text: string): Endpoint {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(part);
  if (bracketed !== null) {
    return { host: bracketed[1] ?? '', port: parsePort(bracketed[2], text) };
  }
  const colon = part.indexOf(':');
  // More than one colon is an IPv6 address without brackets, hence without a port.
  if (colon < 0 || colon !== part.lastIndexOf(':')) return { host: part, port: DEFAULT_PORT };
  if (colon === 0) throw new ConnectStringError(text, `'${part}' has no host`);
  return { host: part.slice(0, colon), port: parsePort(part.slice(colon + 1), text) };
}

function parsePort(digits: string | undefined, text: string): number {
  if (digits === undefined) return DEFAULT_PORT;
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65535) {
    throw new ConnectStringError(text, `'${digits}' is not a port`);
  }
  return port;
}
