import { pino } from 'pino';
import type { Log } from '../../storage/ports.ts';

/** The server's log: one JSON line an event on standard output. `level` is pino's. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
