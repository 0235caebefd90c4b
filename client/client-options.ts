import { parseConnectString } from './connect-string.ts';
import type { SessionIdentity, SessionOptions } from './session-events.ts';

/** How a client behaves; all but the servers have defaults. */
export type ClientOptions = {
  /** `host:port,host:port/chroot`. */
  readonly servers: string;
  /** Asked for; the server grants what its own limits allow. Default 30 000. */
  readonly sessionTimeoutMs?: number;
  /** How long a request may wait for its answer before it fails with REQUESTTIMEOUT; default no limit. */
  readonly requestTimeoutMs?: number;
  /** The wait before the first attempt to reconnect is random, up to this. Default 200. */
  readonly reconnectMinMs?: number;
  /** With every round of failures the wait doubles, up to this. Default 2000. */
  readonly reconnectMaxMs?: number;
  /** Longest message in either direction, as the server's `jute.maxbuffer`. Default 0xfffff (1 MiB − 1). */
  readonly maxFrameBytes?: number;
  /** Requests that may wait for an answer; one more fails with THROTTLEDOP. Default 100 000. */
  readonly maxPendingCount?: number;
  /** Be content with a server that has lost its quorum, and reads. Default false. */
  readonly readOnly?: boolean;
  /** Take up this session (`client.session` of an earlier client) instead of beginning one. */
  readonly resume?: SessionIdentity;
};

/** A reply may wrap the longest data that a request can carry: room for its own header and Stat. */
const REPLY_EXTRA_BYTES = 1024;

/** What the options mean, with the defaults filled in. */
export type ResolvedOptions = {
  readonly session: SessionOptions;
  /** '' for none. */
  readonly chroot: string;
  /** Longest request, without its length prefix. */
  readonly maxFrameBytes: number;
};

/** @throws ConnectStringError */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { endpoints, chroot } = parseConnectString(options.servers);
  const maxFrameBytes = options.maxFrameBytes ?? 0xfffff;
  return {
    chroot,
    maxFrameBytes,
    session: {
      endpoints,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 30_000,
      requestTimeoutMs: options.requestTimeoutMs ?? null,
      reconnectMinMs: options.reconnectMinMs ?? 200,
      reconnectMaxMs: options.reconnectMaxMs ?? 2000,
      maxFrameBytes: maxFrameBytes + REPLY_EXTRA_BYTES,
      maxPendingCount: options.maxPendingCount ?? 100_000,
      readOnly: options.readOnly ?? false,
      resume: options.resume ?? null,
    },
  };
}
