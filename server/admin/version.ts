import { minuteInUtc } from './java-format.ts';

/** The release of Apache ZooKeeper whose behaviour this server has. */
export const ZOOKEEPER_VERSION = '3.9.5';

/**
 * The version that `srvr`, `stat`, `mntr` and `envi` tell: `3.9.5-okapi.0.1.0, built on 2026-02-11 20:18 UTC`.
 *
 * Clients and exporters take the three numbers before the hyphen for the version of ZooKeeper and choose
 * their behaviour by it, so Apache ZooKeeper's come first. Where it puts its commit we put our name and
 * version: letters, digits, dots and hyphens, as a parser of commits expects. `builtAtMs` is wall clock,
 * ms since 1970.
 */
export function fullVersion(okapiVersion: string, builtAtMs: number): string {
  return `${ZOOKEEPER_VERSION}-okapi.${okapiVersion}, built on ${minuteInUtc(builtAtMs)} UTC`;
}
