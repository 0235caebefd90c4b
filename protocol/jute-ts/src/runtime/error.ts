/**
 * Why bytes could not be read or written:
 * - `UNEXPECTED_END`: the item goes on past the end of the input;
 * - `UNREASONABLE_LENGTH`: a length is negative, over the reader's limit, or a count that the input cannot hold;
 * - `TOO_DEEP`: records of a recursive schema are nested deeper than the reader allows;
 * - `OVERFLOW`: the writer's buffer is full and may not grow.
 */
export type JuteErrorCode = 'UNEXPECTED_END' | 'UNREASONABLE_LENGTH' | 'TOO_DEEP' | 'OVERFLOW';

/** Malformed input, or output that does not fit. `offset` is a byte position in the buffer in use. */
export class JuteError extends Error {
  override readonly name: string = 'JuteError';
  readonly code: JuteErrorCode;
  /** Where the failing item starts. */
  readonly offset: number;
  /** The record and field that was being read, such as `CreateRequest.path`; '' if nobody said. */
  readonly field: string;

  constructor(facts: {
    readonly code: JuteErrorCode;
    readonly offset: number;
    readonly field: string;
    readonly reason: string;
  }) {
    super(
      `${facts.field === '' ? '' : `${facts.field}: `}${facts.reason} at offset ${facts.offset}`,
    );
    this.code = facts.code;
    this.offset = facts.offset;
    this.field = facts.field;
  }
}
