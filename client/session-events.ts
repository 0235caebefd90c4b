import type { Int64, JuteReader } from 'jute-ts';
import type { Endpoint } from './connect-string.ts';
import type { WatchRegistration, WatchRemoval } from './request.ts';
import type { WatchEvent, WatchListener } from './watch.ts';

/**
 * How the client stands with the ensemble:
 * - `connecting`: no server has accepted it yet;
 * - `connected`: requests are answered;
 * - `connectedReadOnly`: by a server without quorum; only if asked for, and only reads;
 * - `disconnected`: the connection is lost; the session may live on and the client looks for a server;
 * - final: `expired` (the session is gone, with its ephemeral nodes and watches), `authFailed`, `closed`.
 */
export type SessionState =
  | 'connecting'
  | 'connected'
  | 'connectedReadOnly'
  | 'disconnected'
  | 'expired'
  | 'authFailed'
  | 'closed';

/** What identifies a session to any server of the ensemble; enough to take it up again. */
export type SessionIdentity = {
  readonly id: Int64;
  /** 16 bytes; whoever has them has the session. */
  readonly password: Buffer;
  /** The last zxid the session has seen; a server that knows less must not serve it. */
  readonly lastZxidSeen: Int64;
};

/** How a session behaves. */
export type SessionOptions = {
  readonly endpoints: readonly Endpoint[];
  /** Asked for; the server answers with what it grants. */
  readonly sessionTimeoutMs: number;
  /** How long a request may wait for its answer, time in the queue included; null for no limit. */
  readonly requestTimeoutMs: number | null;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Longest frame accepted from a server; a longer one ends the connection. */
  readonly maxFrameBytes: number;
  /** Requests that may wait, unsent and unanswered together; one more fails with THROTTLEDOP. */
  readonly maxPendingCount: number;
  /** Whether a server without quorum will do. */
  readonly readOnly: boolean;
  /** A session to take up again; null to begin one. */
  readonly resume: SessionIdentity | null;
};

/** What the session has to know of a request; whoever submits it gets it back with the answer. */
export interface SessionRequest {
  readonly frame: Buffer;
  readonly decode: (reader: JuteReader) => unknown;
  readonly watch: WatchRegistration | null;
  readonly removal: WatchRemoval | null;
}

export type SessionInput<R extends SessionRequest> =
  | { readonly kind: 'start' }
  /** The socket of the last `openSocket` is connected. */
  | { readonly kind: 'socketOpened' }
  /** The socket has received bytes, which belong to the session from now on. */
  | { readonly kind: 'received'; readonly chunk: Buffer }
  /** The socket could not be connected, failed, or was closed by the server. */
  | { readonly kind: 'socketClosed'; readonly reason: string }
  /** `deadline` has come. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'request'; readonly request: R }
  /** A request `auth`, which is repeated on every later connection. */
  | { readonly kind: 'addAuth'; readonly request: R }
  /** End the session in good order. */
  | { readonly kind: 'close' };

export type SessionOutput<R extends SessionRequest> =
  | { readonly kind: 'openSocket'; readonly endpoint: Endpoint }
  /** Drop the socket at once. No input of it may follow. */
  | { readonly kind: 'closeSocket' }
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'state'; readonly state: SessionState; readonly reason: string | null }
  /** An attempt to connect failed; the next one follows. */
  | { readonly kind: 'attemptFailed'; readonly endpoint: Endpoint; readonly reason: string }
  | { readonly kind: 'answered'; readonly request: R; readonly value: unknown }
  /** Answered with an error, or never to be answered. */
  | { readonly kind: 'failed'; readonly request: R; readonly code: number }
  /** `event.path` is the server's. */
  | {
      readonly kind: 'watch';
      readonly event: WatchEvent;
      readonly listeners: readonly WatchListener[];
    };
