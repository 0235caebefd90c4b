import type { ClientConnection } from './client-connection.ts';
import type { Transport, TransportHandler } from './ports.ts';

export type ClientListenerOptions = {
  /** Connections altogether; 0: no limit. */
  readonly maxCnxns: number;
  /** Connections from one address; 0: no limit. */
  readonly maxClientCnxns: number;
  /** Makes the connection and has it followed. */
  readonly open: (transport: Transport) => ClientConnection;
  /** A connection was turned away. */
  readonly onRejected: (remoteAddress: string, reason: string) => void;
};

/** Lets connections in, within the limits. */
export class ClientListener {
  readonly #options: ClientListenerOptions;
  readonly #countByAddress = new Map<string, number>();
  #count = 0;

  constructor(options: ClientListenerOptions) {
    this.#options = options;
  }

  /** The handler for a new connection, or undefined if it was turned away: closed without a word. */
  accept(transport: Transport): TransportHandler | undefined {
    const { maxCnxns, maxClientCnxns } = this.#options;
    const address = transport.remoteAddress;
    const fromAddress = this.#countByAddress.get(address) ?? 0;
    if (maxCnxns > 0 && this.#count >= maxCnxns) {
      return this.#reject(transport, `there are ${maxCnxns} connections already (maxCnxns)`);
    }
    if (maxClientCnxns > 0 && fromAddress >= maxClientCnxns) {
      const reason = `there are ${maxClientCnxns} connections from this address already (maxClientCnxns)`;
      return this.#reject(transport, reason);
    }
    this.#count += 1;
    this.#countByAddress.set(address, fromAddress + 1);
    return this.#options.open(transport);
  }

  /** A connection that was let in is gone. */
  closed(address: string): void {
    this.#count -= 1;
    const left = (this.#countByAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#countByAddress.delete(address);
    else this.#countByAddress.set(address, left);
  }

  #reject(transport: Transport, reason: string): undefined {
    transport.destroy();
    this.#options.onRejected(transport.remoteAddress, reason);
  }
}
