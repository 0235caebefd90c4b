import { ErrorCode, errorCodeName } from '../protocol/error-code.ts';

/**
 * What a request failed with. `code` is one of `ErrorCode`: an answer of the server, or one of those that only a client
 * makes: CONNECTIONLOSS (sent, then the connection dropped: it may or may not have happened), SESSIONEXPIRED (not sent,
 * the session is over), AUTHFAILED, REQUESTTIMEOUT, THROTTLEDOP (not sent, too many requests are waiting).
 */
export class ZkError extends Error {
  /** The code's name, such as `NONODE`. */
  override readonly name: string;
  readonly code: number;
  /** The path the request was about, as the caller gave it; null for a request without one. */
  readonly path: string | null;

  constructor(facts: {
    readonly code: number;
    readonly path: string | null;
    /** The request that failed, such as `getData`. */
    readonly operation: string;
  }) {
    const about = facts.path === null ? facts.operation : `${facts.operation} ${facts.path}`;
    super(`${about}: ${explain(facts.code)}`);
    this.name = errorCodeName(facts.code);
    this.code = facts.code;
    this.path = facts.path;
  }
}

/** Whether `error` is a ZkError, and with this code if one is given. */
export function isZkError(error: unknown, code?: number): error is ZkError {
  return error instanceof ZkError && (code === undefined || error.code === code);
}

/** What a reader of the message needs beyond the name, which the stack trace already starts with. */
function explain(code: number): string {
  return EXPLANATIONS.get(code) ?? errorCodeName(code);
}

const EXPLANATIONS: ReadonlyMap<number, string> = new Map([
  [ErrorCode.CONNECTIONLOSS, 'the connection dropped before the answer; it may have happened'],
  [ErrorCode.SESSIONEXPIRED, 'the session is over; open a new client'],
  [ErrorCode.AUTHFAILED, 'the server refused the authentication'],
  [ErrorCode.REQUESTTIMEOUT, 'no answer in time; it may have happened'],
  [ErrorCode.THROTTLEDOP, 'too many requests are waiting; it was not executed'],
  [ErrorCode.NONODE, 'there is no such node'],
  [ErrorCode.NODEEXISTS, 'the node exists already'],
  [ErrorCode.BADVERSION, 'the version differs'],
  [ErrorCode.NOTEMPTY, 'the node has children'],
  [ErrorCode.NOAUTH, 'not permitted by the ACL'],
  [ErrorCode.INVALIDACL, 'the ACL is not valid'],
  [ErrorCode.NOCHILDRENFOREPHEMERALS, 'an ephemeral node has no children'],
  [ErrorCode.BADARGUMENTS, 'the arguments are not valid'],
  [ErrorCode.QUOTAEXCEEDED, 'the quota is used up'],
]);
