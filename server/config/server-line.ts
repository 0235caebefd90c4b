import type { ServerAddress, ServerLine } from './config-type.ts';

/** The form of a server line, for messages. */
export const SERVER_LINE_FORM =
  'server.N=host:port:electionPort[:participant|observer][;[address:]clientPort]';

/**
 * Reads what stands behind `server.<id>=`; a string says what is wrong with it.
 *
 * Several addresses of one server are joined by `|`. IPv6 addresses stand in brackets.
 */
export function parseServerLine(id: number, text: string): ServerLine | string {
  const [serverPart = '', clientPart, ...rest] = text.split(';');
  if (rest.length > 0) return 'has more than one ;';
  const addresses: ServerAddress[] = [];
  const roles = new Set<ServerLine['role']>();
  for (const part of serverPart.split('|')) {
    const parsed = parseAddress(part.trim());
    if (typeof parsed === 'string') return parsed;
    addresses.push(parsed.address);
    if (parsed.role !== null) roles.add(parsed.role);
  }
  if (roles.size > 1) return 'has addresses of different roles';
  const client = clientPart === undefined ? null : parseClient(clientPart.trim());
  if (typeof client === 'string') return client;
  const [role = 'participant'] = roles;
  return { id, addresses, role, client };
}

function parseAddress(
  text: string,
): { address: ServerAddress; role: ServerLine['role'] | null } | string {
  const parts = splitHost(text);
  if (parts === undefined || parts.length < 3 || parts.length > 4) {
    return 'is not host:port:electionPort or host:port:electionPort:role';
  }
  const [host = '', portText = '', electionPortText = '', roleText] = parts;
  if (host === '') return 'has no host';
  const port = parsePort(portText);
  const electionPort = parsePort(electionPortText);
  if (port === undefined) return `has ${portText} where a port belongs`;
  if (electionPort === undefined) return `has ${electionPortText} where a port belongs`;
  if (port === electionPort)
    return `uses port ${port} for peers and for elections; they must differ`;
  const role = roleText?.trim().toLowerCase() ?? null;
  if (role !== null && role !== 'participant' && role !== 'observer') {
    return `has the role ${roleText}; it is participant or observer`;
  }
  return { address: { host, port, electionPort }, role };
}

function parseClient(text: string): NonNullable<ServerLine['client']> | string {
  const parts = splitHost(text);
  if (parts === undefined || parts.length > 2) return 'has no [address:]clientPort after the ;';
  const portText = parts.at(-1)!;
  const port = parsePort(portText);
  if (port === undefined) return `has ${portText} where the client port belongs`;
  return { host: parts.length === 2 ? listenHost(parts[0]!) : null, port };
}

/** The address to listen on; null for the wildcards, which mean every interface of either family. */
export function listenHost(text: string): string | null {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  return host === '' || host === '0.0.0.0' || host === '::' ? null : host;
}

/** Splits at colons, but not within a bracketed IPv6 address, whose brackets are taken off. */
function splitHost(text: string): string[] | undefined {
  if (!text.startsWith('[')) return text.split(':').map((part) => part.trim());
  const match = /^\[([^\]]+)\](?::(.*))?$/.exec(text);
  if (match === null) return undefined;
  return [match[1]!, ...(match[2] === undefined ? [] : match[2].split(':'))];
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}
