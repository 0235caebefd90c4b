import { connect } from 'node:net';

/**
 * Sends a four-letter word (`srvr`, `mntr`, ...) to a server on 127.0.0.1 and resolves with all that it answers until
 * it closes the connection. Rejects if there is no connection, or no end of the answer within `timeoutMs`.
 */
export function fourLetterWord(port: number, word: string, timeoutMs = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(new Error(`no answer to '${word}' from port ${port} within ${timeoutMs} ms`));
    });
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}
