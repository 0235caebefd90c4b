/** What became of asking a server for `srvr`. */
export type SrvrAnswer =
  | { readonly kind: 'serving'; readonly mode: string; readonly readOnly: boolean }
  /** It answered, but not with its mode. */
  | { readonly kind: 'notServing'; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknownHost' }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Reads the answer of this or of Apache ZooKeeper's server to `srvr`. */
export function parseSrvrAnswer(text: string): SrvrAnswer {
  const mode = /^Mode: (.+)$/m.exec(text)?.[1];
  if (mode === undefined) return { kind: 'notServing', text: text.trim() };
  return { kind: 'serving', mode, readOnly: /^READ-ONLY mode/m.test(text) };
}

/**
 * What `okapi status` prints of an answer, and its exit code: 0 if the server serves clients, else 1.
 *
 * The line `Mode: …` is that of `zkServer.sh status`, for scripts that read it.
 */
export function statusReport(
  answer: SrvrAnswer,
  address: string,
): { readonly text: string; readonly exitCode: 0 | 1 } {
  switch (answer.kind) {
    case 'serving':
      return { text: `Mode: ${answer.mode}`, exitCode: 0 };
    case 'notServing':
      return { text: notServing(answer.text, address), exitCode: 1 };
    case 'refused':
      return {
        text: `No server listens at ${address}. It is probably not running, or on another port.`,
        exitCode: 1,
      };
    case 'unknownHost':
      return { text: `The host of ${address} is not known.`, exitCode: 1 };
    case 'timeout':
      return {
        text: `The server at ${address} did not answer within ${answer.afterMs} ms.`,
        exitCode: 1,
      };
    case 'failed':
      return { text: `The server at ${address} cannot be asked: ${answer.reason}`, exitCode: 1 };
  }
}

function notServing(text: string, address: string): string {
  if (text === '') {
    return `${address} closed the connection without an answer. It may be another kind of server, or expect TLS.`;
  }
  if (text.includes('not in the whitelist')) {
    return `The server at ${address} does not answer srvr; add it to 4lw.commands.whitelist.`;
  }
  return `The server at ${address} runs, but does not serve clients: ${text.split('\n', 1)[0]}`;
}
