import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../connect-string.ts';
import type { ClientPorts, Clock, Connection, ConnectionEvents, Dialer } from '../ports.ts';

/** The real clock, network and chance. */
export function nodePorts(): ClientPorts {
  return { clock: CLOCK, dialer: DIALER, random: () => Math.random() };
}

const CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, fn) => {
    // Rounded up: a timer that goes off before its time would only be set again.
    const timer = setTimeout(fn, Math.ceil(delayMs));
    return { cancel: () => clearTimeout(timer) };
  },
  defer: (fn) => {
    setImmediate(fn);
  },
};

const DIALER: Dialer = { dial: (endpoint, events) => new TcpConnection(endpoint, events) };

class TcpConnection implements Connection {
  readonly #socket: Socket;
  #isCorked = false;

  constructor(endpoint: Endpoint, events: ConnectionEvents) {
    const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    this.#socket = socket;
    let reason = 'closed by the server';
    socket.on('connect', () => events.onOpen());
    socket.on('data', (chunk) => events.onData(chunk));
    // The other side has ended: there is nothing to wait for, since a half-open session is of no use.
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => events.onClosed(reason));
  }

  send(bytes: Buffer): void {
    // Requests made in one turn leave in one packet.
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(bytes);
  }

  close(): void {
    const socket = this.#socket;
    socket.removeAllListeners('connect');
    socket.removeAllListeners('data');
    socket.removeAllListeners('close');
    // Without ceremony: what was to be answered has been, and a broken network would never take the rest.
    socket.destroy();
  }
}
