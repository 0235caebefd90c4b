import type { ClientPorts, Connection, Timer } from './ports.ts';
import { Session } from './session.ts';
import type {
  SessionInput,
  SessionOptions,
  SessionOutput,
  SessionRequest,
} from './session-events.ts';

/** An output of the session that is not for the network but for whoever uses the client. */
export type Delivery<R extends SessionRequest> = Exclude<
  SessionOutput<R>,
  { readonly kind: 'openSocket' | 'closeSocket' | 'send' }
>;

/**
 * Carries out what a session decides: moves its bytes, wakes it at its deadline, and hands deliveries on one by one.
 *
 * Deliveries keep the order of the wire in both directions as far as code that awaits can see it: an event that came
 * before a reply is handed on first, and an event that came behind a reply waits until whoever awaited that reply has
 * run.
 */
export class SessionDriver<R extends SessionRequest> {
  readonly session: Session<R>;
  readonly #ports: ClientPorts;
  readonly #deliver: (delivery: Delivery<R>) => void;
  #connection: Connection | null = null;
  #timer: Timer | null = null;
  /** When `#timer` goes off, ms. */
  #timerMs: number = Number.POSITIVE_INFINITY;
  #deliveries: Delivery<R>[] = [];
  #isDelivering = false;

  /** @param deliver may call `step` again, and must not throw */
  constructor(
    options: SessionOptions,
    ports: ClientPorts,
    deliver: (delivery: Delivery<R>) => void,
  ) {
    this.session = new Session(options, ports.random);
    this.#ports = ports;
    this.#deliver = deliver;
  }

  step(input: SessionInput<R>): void {
    for (const output of this.session.step(this.#ports.clock.monotonicMs(), input)) {
      switch (output.kind) {
        case 'openSocket':
          this.#connection = this.#dial(output.endpoint);
          break;
        case 'closeSocket':
          this.#connection?.close();
          this.#connection = null;
          break;
        case 'send':
          this.#connection?.send(output.bytes);
          break;
        default:
          this.#deliveries.push(output);
          break;
      }
    }
    this.#setTimer();
    if (!this.#isDelivering) this.#deliverAll();
  }

  #dial(endpoint: Parameters<ClientPorts['dialer']['dial']>[0]): Connection {
    return this.#ports.dialer.dial(endpoint, {
      onOpen: () => this.step({ kind: 'socketOpened' }),
      onData: (chunk) => this.step({ kind: 'received', chunk }),
      onClosed: (reason) => {
        this.#connection = null;
        this.step({ kind: 'socketClosed', reason });
      },
    });
  }

  /** The deadline moves with every request; a timer that goes off early costs less than one set anew each time. */
  #setTimer(): void {
    const deadlineMs = this.session.deadline;
    if (deadlineMs === undefined || deadlineMs === Number.POSITIVE_INFINITY) {
      this.#timer?.cancel();
      this.#timer = null;
      this.#timerMs = Number.POSITIVE_INFINITY;
    } else if (deadlineMs < this.#timerMs) {
      this.#timer?.cancel();
      this.#timerMs = deadlineMs;
      const delayMs = Math.max(0, deadlineMs - this.#ports.clock.monotonicMs());
      this.#timer = this.#ports.clock.setTimer(delayMs, () => {
        this.#timer = null;
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.step({ kind: 'timeout' });
      });
    }
  }

  #deliverAll(): void {
    this.#isDelivering = true;
    let wasReply = false;
    for (let i = 0; i < this.#deliveries.length; i += 1) {
      const delivery = this.#deliveries[i];
      if (delivery === undefined) break;
      const isReply = delivery.kind === 'answered' || delivery.kind === 'failed';
      if (wasReply && !isReply) {
        this.#deliveries = this.#deliveries.slice(i);
        this.#ports.clock.defer(() => this.#deliverAll());
        return;
      }
      wasReply = isReply;
      this.#deliver(delivery);
    }
    this.#deliveries = [];
    this.#isDelivering = false;
  }
}
