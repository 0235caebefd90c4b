import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a real server said: see README.md for how it was recorded. */
export type ClientExchange = {
  /** What was asked, in words. */
  readonly name: string;
  /** Which connection it went over; exchanges of one connection are in order. */
  readonly connection: string;
  /** Opcode of the request; null for the ConnectRequest that opens a connection. */
  readonly op: number | null;
  /** True if the request's body is not what the opcode wants. */
  readonly malformed: boolean;
  /** The frame that was sent, without its length, in hex. */
  readonly sent: string;
  /** The frames that came back, in order: notifications (xid -1) and at last the reply; '' is an empty frame. */
  readonly received: readonly string[];
  /** True if the server closed the connection after that. */
  readonly closed: boolean;
};

export type ClientRecording = {
  /** Version of the server, as `srvr` tells it. */
  readonly server: string;
  readonly exchanges: readonly ClientExchange[];
};

/** The folder with the recordings, from dist/test/vectors. */
export const RECORDINGS: string = path.join(
  import.meta.dirname,
  '../../../test/vectors/apache-3.9.5',
);

/** Reads the recorded frames of the client port: a line of facts, then a line for each exchange, as JSON. */
export function readClientRecording(): ClientRecording {
  const lines = readRecordedFile('client-port.jsonl').toString('utf8').trimEnd().split('\n');
  const [facts, ...exchanges] = lines.map((line): unknown => JSON.parse(line));
  return {
    server: (facts as { server: string }).server,
    exchanges: exchanges as ClientExchange[],
  };
}

/** Reads a file below `RECORDINGS`, such as `data/version-2/log.1`. */
export function readRecordedFile(name: string): Buffer {
  return readFileSync(path.join(RECORDINGS, name));
}

/** The recorded snapshots, by their names below `RECORDINGS`: those of empty trees and that of the outcome. */
export function recordedSnapshots(): string[] {
  return ['data/version-2', 'data-without-digest/version-2'].flatMap((folder) =>
    readdirSync(path.join(RECORDINGS, folder))
      .filter((file) => file.startsWith('snapshot.'))
      .map((file) => `${folder}/${file}`),
  );
}
