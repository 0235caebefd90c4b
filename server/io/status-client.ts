import { connect, type Socket } from 'node:net';
import { parseSrvrAnswer, type SrvrAnswer } from '../admin/srvr-answer.ts';

/** No server has more to say to `srvr`; what sends more is something else. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Asks a server for `srvr` over TCP. Never rejects: what goes wrong is an answer, too. */
export function askServer(
  address: { readonly host: string; readonly port: number },
  options: { readonly timeoutMs: number },
): Promise<SrvrAnswer> {
  const { timeoutMs } = options;
  return new Promise((resolve) => {
    const socket: Socket = connect(address);
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    const finish = (answer: SrvrAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    // One timer for connecting and answering: a peer that sends a byte now and then cannot hold us.
    const timer = setTimeout(() => finish({ kind: 'timeout', afterMs: timeoutMs }), timeoutMs);
    socket.on('connect', () => socket.write('srvr'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes > MAX_ANSWER_BYTES) {
        finish({ kind: 'failed', reason: 'it sends too much to be a ZooKeeper server' });
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => finish(failure(error)));
    socket.on('end', () => finish(parseSrvrAnswer(Buffer.concat(chunks).toString('utf8'))));
  });
}

function failure(error: NodeJS.ErrnoException): SrvrAnswer {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { kind: 'unknownHost' };
    default:
      return { kind: 'failed', reason: error.message };
  }
}
