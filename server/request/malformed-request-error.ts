/** A request whose bytes can be read but lack something that must be there (a null path, say). */
export class MalformedRequestError extends Error {
  override readonly name = 'MalformedRequestError';
}
