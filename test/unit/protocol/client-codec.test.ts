import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteError, JuteReader, JuteWriter } from 'jute-ts';
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectRequest,
  readConnectResponse,
  writeConnectRequest,
  writeConnectResponse,
} from '../../../protocol/client-codec.ts';

const PASSWORD = Buffer.from('f22acd4a97e69d6d20a49bb638eadb38', 'hex');

const REQUEST: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: { hi: 1, lo: -2 },
  timeOut: 30_000,
  sessionId: { hi: 0x0100_0000, lo: 0 },
  passwd: PASSWORD,
  readOnly: undefined,
};

/** protocolVersion, lastZxidSeen, timeOut, sessionId, passwd. */
const REQUEST_HEX = `${'00000000'}${'00000001fffffffe'}${'00007530'}${'0100000000000000'}${'00000010'}${PASSWORD.toString('hex')}`;

const RESPONSE: ConnectResponse = {
  protocolVersion: 0,
  timeOut: 30_000,
  sessionId: { hi: 0x0100_0000, lo: 0 },
  passwd: PASSWORD,
  readOnly: undefined,
};

const RESPONSE_HEX = `${'00000000'}${'00007530'}${'0100000000000000'}${'00000010'}${PASSWORD.toString('hex')}`;

/** What the byte at the end says; clients before 3.4 and some others leave it out. */
const READ_ONLY_BYTES: readonly (readonly [hex: string, readOnly: boolean | undefined])[] = [
  ['', undefined],
  ['00', false],
  ['01', true],
];

function reader(hex: string): JuteReader {
  return new JuteReader().reset(Buffer.from(hex, 'hex'));
}

function written(write: (writer: JuteWriter) => void): string {
  const writer = new JuteWriter().reset(Buffer.alloc(100));
  write(writer);
  return writer.buffer.toString('hex', 0, writer.offset);
}

for (const [hex, readOnly] of READ_ONLY_BYTES) {
  const what = readOnly === undefined ? 'no readOnly byte' : `readOnly ${readOnly}`;

  test(`a ConnectRequest with ${what} is read and written as ${44 + hex.length / 2} bytes`, () => {
    const request = { ...REQUEST, readOnly };
    const bytes = REQUEST_HEX + hex;
    assert.equal(bytes.length / 2, 44 + hex.length / 2);
    assert.deepEqual(readConnectRequest(reader(bytes)), request);
    assert.equal(
      written((w) => writeConnectRequest(w, request)),
      bytes,
    );
  });

  test(`a ConnectResponse with ${what} is read and written as ${36 + hex.length / 2} bytes`, () => {
    const response = { ...RESPONSE, readOnly };
    const bytes = RESPONSE_HEX + hex;
    assert.equal(bytes.length / 2, 36 + hex.length / 2);
    assert.deepEqual(readConnectResponse(reader(bytes)), response);
    assert.equal(
      written((w) => writeConnectResponse(w, response)),
      bytes,
    );
  });
}

test('any byte but 0 means readOnly, and what follows it is not looked at', () => {
  assert.equal(readConnectRequest(reader(`${REQUEST_HEX}ff`)).readOnly, true);
  assert.equal(readConnectRequest(reader(`${REQUEST_HEX}00deadbeef`)).readOnly, false);
});

test('a password may be null, empty or of any length', () => {
  const head = REQUEST_HEX.slice(0, 2 * 24);
  const CASES = [
    ['ffffffff', null],
    ['00000000', Buffer.alloc(0)],
    ['00000003010203', Buffer.from([1, 2, 3])],
  ] as const;
  for (const [hex, passwd] of CASES) {
    assert.deepEqual(readConnectRequest(reader(head + hex)), { ...REQUEST, passwd });
  }
});

test('a ConnectRequest that ends early is refused wherever it is cut', () => {
  for (let bytes = 0; bytes < 44; bytes += 1) {
    assert.throws(
      () => readConnectRequest(reader(REQUEST_HEX.slice(0, 2 * bytes))),
      (error) => error instanceof JuteError && error.field.startsWith('ConnectRequest.'),
      `${bytes} bytes`,
    );
  }
});

test('a ConnectResponse that ends early is refused wherever it is cut', () => {
  for (let bytes = 0; bytes < 36; bytes += 1) {
    assert.throws(
      () => readConnectResponse(reader(RESPONSE_HEX.slice(0, 2 * bytes))),
      (error) => error instanceof JuteError && error.field.startsWith('ConnectResponse.'),
      `${bytes} bytes`,
    );
  }
});

test('a password with a hostile length is refused', () => {
  const head = REQUEST_HEX.slice(0, 2 * 24);
  for (const length of ['7fffffff', '80000000', 'fffffffe', '00000011']) {
    assert.throws(
      () => readConnectRequest(reader(`${head}${length}${PASSWORD.toString('hex')}`)),
      JuteError,
      length,
    );
  }
});
