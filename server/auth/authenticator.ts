import { JuteReader } from 'jute-ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import {
  readAuthPacket,
  readGetSASLRequest,
  writeSetSASLResponse,
} from '../../protocol/generated/proto.ts';
import { INT64_ZERO } from '../../protocol/int64.ts';
import type { Log } from '../../storage/ports.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { EnforceAuthConfig } from '../config/config-type.ts';
import type { ServerStats } from '../metrics/server-stats.ts';
import { MalformedRequestError } from '../request/malformed-request-error.ts';
import { isMalformed } from '../request/preparer.ts';
import type { AccessControl } from './access-control.ts';

export type AuthenticatorParts = {
  readonly enforceAuth: EnforceAuthConfig;
  readonly maxBufferBytes: number;
  readonly access: AccessControl;
  readonly log: Log;
  readonly stats: ServerStats;
};

/** zxid of every reply about authentication. */
const NO_ZXID = INT64_ZERO;

/**
 * Who a connection is. Its packets do not go through the pipeline: they are answered at once, and what they
 * prove counts for all requests behind them.
 */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  readonly #reader: JuteReader;

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
    this.#reader = new JuteReader({ maxBufferBytes: parts.maxBufferBytes });
  }

  /** An auth packet: adds the identities that it proves; one that proves none costs the connection. */
  authenticate(
    connection: ClientConnection,
    xid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    const { access, log, stats } = this.#parts;
    const packet = this.#read(connection, 'AuthPacket', () =>
      readAuthPacket(this.#reader.reset(buffer, start, end)),
    );
    if (packet === undefined) return;
    const provider = access.provider(packet.scheme);
    const ids = provider?.authenticate(packet.auth, connection.transport.remoteAddress);
    if (ids === undefined) {
      stats.authFailedCount += 1;
      log.warn(
        { client: connection.remote, scheme: packet.scheme, known: access.schemes },
        'authentication failed',
      );
      connection.reply(xid, NO_ZXID, ErrorCode.AUTHFAILED);
      connection.closeAfterReplies();
      return;
    }
    connection.addIds(ids);
    connection.reply(xid, NO_ZXID, ErrorCode.OK);
  }

  /** Without SASL configured, Apache's server answers every token with none and goes on; clients then go on too. */
  answerSasl(
    connection: ClientConnection,
    xid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    const request = this.#read(connection, 'SASL request', () => {
      const { token } = readGetSASLRequest(this.#reader.reset(buffer, start, end));
      if (token === null) throw new MalformedRequestError('a SASL token must not be null');
      return token;
    });
    if (request === undefined) return;
    const writer = connection.beginReply(xid, NO_ZXID);
    writeSetSASLResponse(writer, { token: null });
    connection.endReply(ErrorCode.OK);
  }

  /**
   * Whether the connection may send requests: with `enforce.auth`, only if it has presented one of the
   * schemes, and not even a ping otherwise. If not, it is told so and closed.
   */
  mayProceed(connection: ClientConnection, xid: number): boolean {
    const { enabled, schemes } = this.#parts.enforceAuth;
    if (!enabled || connection.ids.some(({ scheme }) => schemes.includes(scheme ?? ''))) {
      return true;
    }
    connection.reply(xid, NO_ZXID, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
    connection.closeAfterReplies();
    return false;
  }

  /** A malformed packet outside of the pipeline has no reply: the connection is closed. */
  #read<T>(connection: ClientConnection, what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!isMalformed(error)) throw error;
      connection.refuse(`malformed ${what}: ${error.message}`);
      return undefined;
    }
  }
}
