import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../storage/ports.ts';
import type { Transport, TransportHandler } from '../ports.ts';
import { toHostAddress } from '../remote-address.ts';

export type TcpListenerOptions = {
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Host name or address; null: every interface, IPv6 and IPv4. */
  readonly host: string | null;
  /** Null leaves it to the operating system. */
  readonly backlog: number | null;
  readonly keepAlive: boolean;
};

/** Accepts clients over TCP. */
export class TcpListener {
  readonly #server: Server;
  readonly #options: TcpListenerOptions;

  /** @param accept the handler for a connection, or undefined if it was turned away */
  constructor(
    options: TcpListenerOptions,
    log: Log,
    accept: (transport: Transport) => TransportHandler | undefined,
  ) {
    this.#options = options;
    this.#server = createServer(
      { noDelay: true, keepAlive: options.keepAlive, allowHalfOpen: true },
      (socket) => serve(socket, accept),
    );
    this.#server.on('error', (error) => log.error({ error: error.message }, 'client listener'));
  }

  /** Resolves with the port once clients can connect; rejects if the address is not to be had. */
  async listen(): Promise<number> {
    const { port, host, backlog } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(
        {
          port,
          ...(host === null ? {} : { host }),
          // The default of Node would silently drop a herd of reconnecting clients.
          backlog: backlog ?? 4096,
        },
        () => {
          this.#server.removeListener('error', reject);
          resolve();
        },
      );
    });
    return this.port;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Accepts no more. */
  close(): void {
    this.#server.close();
  }
}

function serve(
  socket: Socket,
  accept: (transport: Transport) => TransportHandler | undefined,
): void {
  // Without a listener an error of a rejected connection would end the process; `close` follows and tells.
  socket.on('error', () => {});
  const transport = new TcpTransport(socket);
  const handler = accept(transport);
  if (handler === undefined) return;
  let closed = false;
  const onClose = (): void => {
    if (closed) return;
    closed = true;
    handler.onClose();
  };
  socket.on('data', (chunk) => handler.onData(chunk));
  socket.on('end', () => {
    onClose();
    // Not left to the client, which may have closed its side and take no bytes for ever.
    transport.end();
  });
  socket.on('close', onClose);
}

/** How long a closed connection may take to accept its last bytes. */
const LINGER_MS = 5000;

class TcpTransport implements Transport {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = toHostAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
  }

  write(bytes: Buffer, done: () => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      done();
      return;
    }
    this.#socket.write(bytes, done);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    socket.end();
    // What the client still sends is not wanted, but read so that its FIN is seen, with which Node closes
    // the socket; a client that takes neither its bytes nor the end is cut off.
    socket.removeAllListeners('data');
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.resetAndDestroy();
  }
}
