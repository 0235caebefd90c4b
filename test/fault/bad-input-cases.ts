import { OpCode } from '../../protocol/op-code.ts';
import { bytesOf, connectRequest, frame, request } from './bad-input-raw-client.ts';

/** Bytes that no client should send, and what Apache ZooKeeper does about them. */
export type BadInput = {
  readonly name: string;
  readonly bytes: Buffer;
  /** The replies as `xid:err`, then whether the connection is `open` or `closed`. */
  readonly answer: string;
};

function bad(name: string, bytes: Buffer, answer: string): BadInput {
  return { name, bytes, answer };
}

/** `jute.maxbuffer`, by default. */
const MAX_FRAME_BYTES = 0xfffff;
const MAX_INT = 0x7fffffff;
const XID = 7;

const MARSHALLINGERROR = `${XID}:-5 open`;
const UNIMPLEMENTED = `${XID}:-6 closed`;
const BADARGUMENTS = `${XID}:-8 open`;
const NONODE = `${XID}:-101 open`;
const INVALIDACL = `${XID}:-114 open`;
const AUTHFAILED = `${XID}:-115 closed`;
const OK = `${XID}:0 open`;

function int(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeInt32BE(value, 4 * i);
  });
  return bytes;
}

/** A ConnectRequest up to its password, whose length is a lie. */
function connectWithPasswordLength(length: number): Buffer {
  const whole = connectRequest();
  whole.writeInt32BE(length, 24);
  return whole;
}

/** In place of the first message, the ConnectRequest. */
export const BEFORE_THE_HANDSHAKE: readonly BadInput[] = [
  bad('a negative length', int(-1), 'closed'),
  bad('the most negative length', int(-0x80000000), 'closed'),
  bad('a length of zero', int(0), 'closed'),
  bad('a length just above jute.maxbuffer', int(MAX_FRAME_BYTES + 1), 'closed'),
  bad('the greatest length', int(MAX_INT), 'closed'),
  bad('a ConnectRequest that ends too soon', frame(Buffer.alloc(10)), 'closed'),
  bad('a password that ends too soon', frame(connectRequest().subarray(0, 30)), 'closed'),
  bad('a password of hostile length', frame(connectWithPasswordLength(MAX_INT)), 'closed'),
  bad('a password of negative length', frame(connectWithPasswordLength(-2)), 'closed'),
  bad(
    'a client that has seen the future',
    frame(connectRequest({ lastZxidSeen: { hi: 1, lo: 0 } })),
    'closed',
  ),
  bad('a request in place of the handshake', frame(request(1, OpCode.ping)), 'closed'),
  bad(
    'an HTTP request',
    Buffer.from('GET /commands/stat HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'closed',
  ),
  bad(
    'a TLS hello',
    Buffer.concat([Buffer.from('16030100f8010000f40303', 'hex'), Buffer.alloc(240, 0x5a)]),
    'closed',
  ),
  bad('a word that is no command', Buffer.from('help'), 'closed'),
  bad('a command in capitals', Buffer.from('RUOK'), 'closed'),
];

function op(type: number, body: Buffer): Buffer {
  return frame(request(XID, type, body));
}

const path = (text: string): Buffer => bytesOf((w) => w.writeString(text));
const ACLS: Buffer = bytesOf((w) => {
  w.writeCount(1);
  w.writeInt(31);
  w.writeString('world');
  w.writeString('anyone');
});
const NO_DATA = int(0);
const FALSE = Buffer.from([0]);
const MULTI_END = Buffer.concat([int(-1), Buffer.from([1]), int(-1)]);

function multiOp(type: number, body: Buffer): Buffer {
  return Buffer.concat([int(type), FALSE, int(-1), body]);
}

/** On a connection with a session, the server fresh but for a node /node. */
export const WITH_A_SESSION: readonly BadInput[] = [
  bad('a negative length', int(-1), 'closed'),
  bad('a length of zero', int(0), 'closed'),
  bad('a length just above jute.maxbuffer', int(MAX_FRAME_BYTES + 1), 'closed'),
  bad('the greatest length', int(MAX_INT), 'closed'),
  bad('half a request header', frame(int(XID)), 'closed'),
  bad('a command', Buffer.from('ruok'), 'closed'),
  bad('garbage of a valid length', frame(Buffer.alloc(100, 0xee)), '-286331154:-6 closed'),
  bad('a second handshake', frame(connectRequest()), '0:-6 closed'),
  bad('an unknown operation', op(9999, NO_DATA), UNIMPLEMENTED),
  bad('a negative operation', op(-5, NO_DATA), UNIMPLEMENTED),
  {
    name: 'the operation of notifications',
    bytes: op(OpCode.notification, NO_DATA),
    answer: UNIMPLEMENTED,
  },
  bad('the operation of error transactions', op(-1, NO_DATA), UNIMPLEMENTED),
  {
    name: 'check outside a multi',
    bytes: op(OpCode.check, Buffer.concat([path('/node'), int(0)])),
    answer: UNIMPLEMENTED,
  },
  {
    name: 'exists without a body',
    bytes: op(OpCode.exists, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData with half a path',
    bytes: op(OpCode.getData, path('/node').subarray(0, 6)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData with a path of hostile length',
    bytes: op(OpCode.getData, int(MAX_INT, 0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData with a path of negative length',
    bytes: op(OpCode.getData, int(-2, 0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData without its flag',
    bytes: op(OpCode.getData, path('/node')),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData of no path at all',
    bytes: op(OpCode.getData, Buffer.concat([int(-1), FALSE])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getData of an empty path',
    bytes: op(OpCode.getData, Buffer.concat([path(''), FALSE])),
    answer: OK,
  },
  {
    name: 'exists of a path with NUL',
    bytes: op(OpCode.exists, Buffer.concat([path('/no\0de'), FALSE])),
    answer: BADARGUMENTS,
  },
  {
    name: 'exists of bytes that are not UTF-8',
    bytes: op(OpCode.exists, Buffer.concat([int(3), Buffer.from('2fc3ff', 'hex'), FALSE])),
    answer: NONODE,
  },
  {
    name: 'getChildren with half a path',
    bytes: op(OpCode.getChildren, path('/node').subarray(0, 6)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getChildren2 without a body',
    bytes: op(OpCode.getChildren2, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getACL without a body',
    bytes: op(OpCode.getACL, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'sync without a body',
    bytes: op(OpCode.sync, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getEphemerals without a body',
    bytes: op(OpCode.getEphemerals, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'getAllChildrenNumber without a body',
    bytes: op(OpCode.getAllChildrenNumber, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'addWatch without a body',
    bytes: op(OpCode.addWatch, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'addWatch with an unknown mode',
    bytes: op(OpCode.addWatch, Buffer.concat([path('/node'), int(2)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'checkWatches with an unknown type',
    bytes: op(OpCode.checkWatches, Buffer.concat([path('/node'), int(9)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'removeWatches with an unknown type',
    bytes: op(OpCode.removeWatches, Buffer.concat([path('/node'), int(9)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'setWatches with a hostile count',
    bytes: op(OpCode.setWatches, int(0, 0, MAX_INT)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'setWatches with a negative count',
    bytes: op(OpCode.setWatches, int(0, 0, -7, 0, 0)),
    answer: OK,
  },
  {
    name: 'setWatches2 that ends too soon',
    bytes: op(OpCode.setWatches2, int(0, 0, 0, 0, 0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'create without a body',
    bytes: op(OpCode.create, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'create with data of hostile length',
    bytes: op(OpCode.create, Buffer.concat([path('/x'), int(MAX_INT)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'create with a hostile number of ACLs',
    bytes: op(OpCode.create, Buffer.concat([path('/x'), NO_DATA, int(MAX_INT)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'create without ACLs',
    bytes: op(OpCode.create, Buffer.concat([path('/x'), NO_DATA, int(-1, 0)])),
    answer: INVALIDACL,
  },
  {
    name: 'create with unknown flags',
    bytes: op(OpCode.create, Buffer.concat([path('/x'), NO_DATA, ACLS, int(77)])),
    answer: BADARGUMENTS,
  },
  {
    name: 'create of no path at all',
    bytes: op(OpCode.create, Buffer.concat([int(-1), NO_DATA, ACLS, int(0)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'create of an empty path',
    bytes: op(OpCode.create, Buffer.concat([path(''), NO_DATA, ACLS, int(0)])),
    answer: BADARGUMENTS,
  },
  {
    name: 'create2 that ends too soon',
    bytes: op(OpCode.create2, Buffer.concat([path('/x'), NO_DATA, ACLS])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'createTTL without its TTL',
    bytes: op(OpCode.createTTL, Buffer.concat([path('/x'), NO_DATA, ACLS, int(5)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'delete without a body',
    bytes: op(OpCode.delete, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'setData that ends too soon',
    bytes: op(OpCode.setData, Buffer.concat([path('/node'), NO_DATA])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'setData of no path at all',
    bytes: op(OpCode.setData, Buffer.concat([int(-1), NO_DATA, int(-1)])),
    answer: BADARGUMENTS,
  },
  {
    name: 'setACL without ACLs',
    bytes: op(OpCode.setACL, Buffer.concat([path('/node'), int(-1, -1)])),
    answer: INVALIDACL,
  },
  {
    name: 'setACL with a hostile number of ACLs',
    bytes: op(OpCode.setACL, Buffer.concat([path('/node'), int(0x10000000)])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multi without a body',
    bytes: op(OpCode.multi, Buffer.alloc(0)),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multi without an end',
    bytes: op(OpCode.multi, multiOp(OpCode.delete, Buffer.concat([path('/no'), int(0)]))),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multi with an unknown operation',
    bytes: op(OpCode.multi, Buffer.concat([multiOp(99, NO_DATA), MULTI_END])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multi within a multi',
    bytes: op(OpCode.multi, Buffer.concat([multiOp(OpCode.multi, MULTI_END), MULTI_END])),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multi of reads and writes',
    bytes: op(
      OpCode.multi,
      Buffer.concat([
        multiOp(OpCode.delete, Buffer.concat([path('/no'), int(0)])),
        multiOp(OpCode.getData, Buffer.concat([path('/node'), FALSE])),
        MULTI_END,
      ]),
    ),
    answer: MARSHALLINGERROR,
  },
  {
    name: 'multiRead that ends too soon',
    bytes: op(OpCode.multiRead, multiOp(OpCode.getData, int(3))),
    answer: MARSHALLINGERROR,
  },
  bad('reconfig without a body', op(OpCode.reconfig, Buffer.alloc(0)), MARSHALLINGERROR),
  bad('auth without a body', op(OpCode.auth, Buffer.alloc(0)), 'closed'),
  bad('auth with a hostile length', op(OpCode.auth, int(0, MAX_INT)), 'closed'),
  bad('auth without a scheme', op(OpCode.auth, int(0, -1, -1)), AUTHFAILED),
  {
    name: 'auth with an unknown scheme',
    bytes: op(OpCode.auth, Buffer.concat([int(0), path('nonsense'), NO_DATA])),
    answer: AUTHFAILED,
  },
  {
    name: 'digest auth without a password',
    bytes: op(OpCode.auth, Buffer.concat([int(0), path('digest'), int(-1)])),
    answer: AUTHFAILED,
  },
  {
    name: 'digest auth without a colon',
    bytes: op(OpCode.auth, Buffer.concat([int(0), path('digest'), path('ann')])),
    answer: OK,
  },
  bad('sasl without a body', op(OpCode.sasl, Buffer.alloc(0)), 'closed'),
  bad('a ping with a body', op(OpCode.ping, Buffer.alloc(1000, 0xff)), 'open'),
  {
    name: 'whoAmI with a body',
    bytes: op(OpCode.whoAmI, Buffer.alloc(1000, 0xff)),
    answer: OK,
  },
  {
    name: 'getData with bytes behind its body',
    bytes: op(OpCode.getData, Buffer.concat([path('/node'), FALSE, Buffer.alloc(1000)])),
    answer: OK,
  },
  {
    name: 'a frame of the greatest length',
    bytes: op(
      OpCode.getData,
      Buffer.concat([path('/node'), FALSE, Buffer.alloc(MAX_FRAME_BYTES - 8 - 10)]),
    ),
    answer: OK,
  },
  {
    name: 'a path of the greatest length',
    bytes: op(OpCode.exists, Buffer.concat([path(`/${'x'.repeat(900_000)}`), FALSE])),
    answer: NONODE,
  },
];
