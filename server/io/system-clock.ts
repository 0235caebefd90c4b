import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../ports.ts';

/** The machine's clocks and Node's timers. */
export class SystemClock implements Clock {
  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  /** Immediates run when the loop has handled all sockets and disk operations that were ready. */
  afterTurn(run: () => void): void {
    setImmediate(run);
  }
}
