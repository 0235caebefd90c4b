import type { Int64 } from 'jute-ts';
import { INT64_ZERO, int64ToHex } from '../../protocol/int64.ts';
import { javaDate, javaSocketAddress } from './java-format.ts';
import type { ConnectionStatus, ExpiryBucket, ServingStatus } from './server-status.ts';

/** `dump`: sessions by expiry, ephemeral nodes by session, connections by expiry. */
export function dumpWord(status: ServingStatus): string {
  return (
    `SessionTracker dump:\nSession ${sets(status.sessionExpiry, hex)}` +
    `ephemeral nodes dump:\n${ephemerals(status.ephemerals)}` +
    `Connections dump:\nConnections ${sets(status.connectionExpiry, connection)}`
  );
}

function sets<T>(buckets: readonly ExpiryBucket<T>[], show: (member: T) => string): string {
  const memberCount = buckets.reduce((count, bucket) => count + bucket.members.length, 0);
  const lines = [`Sets (${buckets.length})/(${memberCount}):\n`];
  for (const { expiresAtMs, members } of buckets) {
    lines.push(`${members.length} expire at ${javaDate(expiresAtMs)}:\n`);
    for (const member of members) lines.push(`\t${show(member)}\n`);
  }
  return lines.join('');
}

function ephemerals(owners: ServingStatus['ephemerals']): string {
  let ownerCount = 0;
  const lines: string[] = [];
  for (const { session, paths } of owners) {
    ownerCount += 1;
    lines.push(`${hex(session)}:\n`, ...paths.map((path) => `\t${path}\n`));
  }
  return `Sessions with Ephemerals (${ownerCount}):\n${lines.join('')}`;
}

function connection(status: ConnectionStatus): string {
  const remote = javaSocketAddress(status.remoteAddress, status.remotePort);
  return `ip: ${remote} sessionId: ${hex(status.session?.id ?? INT64_ZERO)}`;
}

function hex(id: Int64): string {
  return `0x${int64ToHex(id)}`;
}
