import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The two directions of a proxied connection. */
export type Direction = 'toServer' | 'toClient';

type Link = { readonly client: Socket; readonly server: Socket };

/**
 * A TCP proxy on a loopback port through which a test makes the network fail: cut connections, bytes that are held
 * back in one or both directions, a port that refuses.
 */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #links = new Set<Link>();
  readonly #stalled = new Set<Direction>();
  #server: Server;
  #port = 0;
  #acceptedCount = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = this.#makeServer();
  }

  /** Starts a proxy to `port` on 127.0.0.1 (or `host`). */
  static async start(target: { readonly port: number; readonly host?: string }): Promise<TcpProxy> {
    const proxy = new TcpProxy({ host: target.host ?? '127.0.0.1', port: target.port });
    await proxy.accept();
    return proxy;
  }

  /** The port to connect to; stays the same over `refuse` and `accept`. */
  get port(): number {
    return this.#port;
  }

  /** `127.0.0.1:<port>`, for a client's connect string. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
  get openCount(): number {
    return this.#links.size;
  }

  /** Connections that were ever accepted. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** Breaks every open connection, with a reset towards both sides. New ones are accepted. */
  cut(): void {
    for (const link of this.#links) {
      reset(link.client);
      reset(link.server);
    }
    this.#links.clear();
  }

  /** Holds back all bytes of a direction (default both), on open and on new connections, until `resume`. */
  stall(direction?: Direction): void {
    for (const d of direction === undefined ? (['toServer', 'toClient'] as const) : [direction]) {
      this.#stalled.add(d);
    }
    for (const link of this.#links) this.#applyStall(link);
  }

  /** Lets held bytes go, in order. */
  resume(): void {
    this.#stalled.clear();
    for (const link of this.#links) this.#applyStall(link);
  }

  /** Refuses new connections; open ones go on. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    // Not awaited through close(): that waits for the open connections as well.
    this.#server.close();
    this.#server = this.#makeServer();
  }

  /** Accepts connections again, on the same port. */
  async accept(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address !== 'string') this.#port = address.port;
  }

  /** Cuts everything and closes the port. */
  async stop(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  #makeServer(): Server {
    return createServer((client) => this.#onClient(client));
  }

  #onClient(client: Socket): void {
    this.#acceptedCount += 1;
    const server = connect(this.#target);
    const link: Link = { client, server };
    this.#links.add(link);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        // Back pressure matters: a slow reader must be felt at the far end.
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => this.#applyStall(link));
      from.on('end', () => to.end());
      // The reason does not matter: the other side sees a broken connection, as it would without the proxy.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#links.delete(link);
        to.destroySoon();
      });
    }
    this.#applyStall(link);
  }

  #applyStall(link: Link): void {
    setFlow(link.client, !this.#stalled.has('toServer') && !link.server.writableNeedDrain);
    setFlow(link.server, !this.#stalled.has('toClient') && !link.client.writableNeedDrain);
  }
}

function setFlow(socket: Socket, flowing: boolean): void {
  if (flowing) socket.resume();
  else socket.pause();
}

/**
 * Breaks a connection so that the other side sees a reset. A socket that is being connected or shut down cannot be reset:
 * Node 20 would keep its handle for ever, and never end the process.
 */
function reset(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
