import { int64ToHex } from '../../protocol/int64.ts';
import { javaDouble, javaSocketAddress } from './java-format.ts';
import type { ConnectionSessionStatus, ConnectionStatus, ServingStatus } from './server-status.ts';

/** `srvr`: version, traffic and the state of the server. */
export function srvrWord(status: ServingStatus): string {
  return head(status) + body(status);
}

/** `stat`: `srvr` with a line per connection. */
export function statWord(status: ServingStatus): string {
  const clients = status.connections.map((connection) => `${connectionLine(connection, '')}\n`);
  return `${head(status)}Clients:\n${clients.join('')}\n${body(status)}`;
}

/** `cons`: a line per connection with all that is known of it. */
export function consWord(status: ServingStatus): string {
  const lines = status.connections.map(
    (connection) =>
      `${connectionLine(connection, connection.session === null ? '' : sessionPart(connection.session))}\n`,
  );
  return `${lines.join('')}\n`;
}

function head(status: ServingStatus): string {
  const version = `Zookeeper version: ${status.version}\n`;
  return status.mode === 'read-only'
    ? `${version}READ-ONLY mode; serving only read-only clients\n`
    : version;
}

function body(status: ServingStatus): string {
  const { stats, proposals } = status;
  const { latencyMs } = stats;
  const min = Math.floor(latencyMs.min);
  const max = Math.floor(latencyMs.max);
  const lines = [
    `Latency min/avg/max: ${min}/${javaDouble(latencyMs.average)}/${max}`,
    `Received: ${stats.packetsReceived}`,
    `Sent: ${stats.packetsSent}`,
    `Connections: ${status.connections.length}`,
    `Outstanding: ${status.outstandingRequestCount}`,
    `Zxid: 0x${int64ToHex(status.lastProcessedZxid)}`,
    `Mode: ${status.mode}`,
    `Node count: ${status.nodeCount}`,
  ];
  if (status.mode === 'leader' && proposals !== null) {
    const { lastBytes, minBytes, maxBytes } = proposals;
    lines.push(`Proposal sizes last/min/max: ${lastBytes}/${minBytes}/${maxBytes}`);
  }
  return `${lines.join('\n')}\n`;
}

function connectionLine(connection: ConnectionStatus, session: string): string {
  const remote = javaSocketAddress(connection.remoteAddress, connection.remotePort);
  const traffic =
    `queued=${connection.outstandingRequestCount},recved=${connection.packetsReceived}` +
    `,sent=${connection.packetsSent}`;
  return ` ${remote}[${connection.interestOps.toString(16)}](${traffic}${session})`;
}

function sessionPart(session: ConnectionSessionStatus): string {
  const cxid = session.lastCxid === null ? '' : `,lcxid=0x${session.lastCxid.toString(16)}`;
  return (
    `,sid=0x${int64ToHex(session.id)},lop=${session.lastOperation}` +
    `,est=${Math.floor(session.establishedAtMs)},to=${session.timeoutMs}${cxid}` +
    `,lzxid=0x${int64ToHex(session.lastZxid)},lresp=${Math.floor(session.lastResponseAtMs)}` +
    `,llat=${Math.floor(session.lastLatencyMs)},minlat=${Math.floor(session.minLatencyMs)}` +
    `,avglat=${Math.floor(session.avgLatencyMs)},maxlat=${Math.floor(session.maxLatencyMs)}`
  );
}
