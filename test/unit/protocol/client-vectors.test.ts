import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JuteReader, JuteWriter } from 'jute-ts';
import {
  readConnectRequest,
  readConnectResponse,
  writeConnectRequest,
  writeConnectResponse,
} from '../../../protocol/client-codec.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { type ClientExchange, readClientRecording } from '../../vectors/client-vectors.ts';
import {
  connectRequest,
  connectResponse,
  ends,
  recordsOf,
  replyHeader,
  requestHeader,
  watcherEvent,
} from './client-records.ts';

const reader = (hex: string): JuteReader => new JuteReader().reset(Buffer.from(hex, 'hex'));
const { server, exchanges } = readClientRecording();

describe(`frames recorded from Apache ZooKeeper ${server}`, () => {
  for (const exchange of exchanges) {
    const { name, connection, op } = exchange;
    it(`${connection}: ${name}: is read, and written as the same bytes`, () => {
      if (op === null) handshake(exchange);
      else request(exchange, op);
    });
  }

  it('are of every opcode of the client port', () => {
    const internal: readonly number[] = [OpCode.notification, OpCode.createSession, OpCode.error];
    const wanted = Object.values(OpCode).filter((op) => !internal.includes(op));
    const recorded = new Set(exchanges.map(({ op }) => op));
    assert.deepEqual(
      wanted.filter((op) => !recorded.has(op)),
      [],
    );
  });
});

function request(exchange: ClientExchange, op: number): void {
  const asked = reader(exchange.sent);
  const { xid, type } = requestHeader(asked);
  assert.equal(type, op);
  const isKnown = Object.values<number>(OpCode).includes(op);
  if (!exchange.malformed && isKnown) {
    recordsOf(op).request(asked);
    ends(asked);
  }

  const frames = exchange.received.map(reader);
  const reply = frames.pop();
  assert(reply !== undefined, 'there is a reply');
  for (const notification of frames) {
    const header = replyHeader(notification);
    assert.deepEqual([header.xid, header.err], [-1, 0]);
    watcherEvent(notification);
    ends(notification);
  }
  const header = replyHeader(reply);
  assert.equal(header.xid, xid);
  assert.equal(header.err, expectedError(exchange.name));
  if (header.err === 0) recordsOf(op).response(reply);
  ends(reply);
}

/** The error that the name of an exchange ends with, such as `setData that is not there: NONODE`. */
function expectedError(name: string): number {
  const word = name.slice(name.lastIndexOf(': ') + 2);
  const codes: Readonly<Record<string, number>> = ErrorCode;
  return name.includes(': ') ? (codes[word] ?? 0) : 0;
}

/** Handshakes of both kinds: the codec that knows both agrees with the record that has the byte. */
function handshake(exchange: ClientExchange): void {
  const asked = reader(exchange.sent);
  const question = readConnectRequest(asked);
  ends(asked);
  assert.equal(
    written((w) => writeConnectRequest(w, question)),
    exchange.sent,
  );
  if (question.readOnly !== undefined) connectRequest(reader(exchange.sent));

  for (const hex of exchange.received) {
    const answered = reader(hex);
    const answer = readConnectResponse(answered);
    ends(answered);
    assert.equal(
      written((w) => writeConnectResponse(w, answer)),
      hex,
    );
    assert.equal(answer.timeOut === 0, exchange.name.endsWith(': expired'));
    assert.equal(answer.readOnly === undefined, question.readOnly === undefined);
    if (answer.readOnly !== undefined) connectResponse(reader(hex));
  }
}

function written(write: (w: JuteWriter) => void): string {
  const w = new JuteWriter().reset(Buffer.alloc(64));
  write(w);
  return w.buffer.toString('hex', 0, w.offset);
}
