import assert from 'node:assert/strict';
import type { JuteReader } from 'jute-ts';
import * as proto from '../../../protocol/generated/proto.ts';
import { OpCode } from '../../../protocol/op-code.ts';
import { type Reproduce, reproduces } from './reproduce.ts';

/** What follows the headers of an operation. */
export type OperationRecords = { readonly request: Reproduce; readonly response: Reproduce };

const nothing: Reproduce = () => null;
const multiHeader = reproduces(
  proto.readMultiHeader,
  proto.writeMultiHeader,
  proto.sizeMultiHeader,
);
const errorResponse = reproduces(
  proto.readErrorResponse,
  proto.writeErrorResponse,
  proto.sizeErrorResponse,
);
const createRequest = reproduces(
  proto.readCreateRequest,
  proto.writeCreateRequest,
  proto.sizeCreateRequest,
);
const create2Response = reproduces(
  proto.readCreate2Response,
  proto.writeCreate2Response,
  proto.sizeCreate2Response,
);
const getDataResponse = reproduces(
  proto.readGetDataResponse,
  proto.writeGetDataResponse,
  proto.sizeGetDataResponse,
);

/** A multi is a list of headers, each with the record of its operation, or with an error. */
const multiOf =
  (part: 'request' | 'response'): Reproduce =>
  (reader) => {
    for (;;) {
      const { type, done } = multiHeader(reader);
      if (done) return null;
      if (type === OpCode.error) errorResponse(reader);
      else recordsOf(type)[part](reader);
    }
  };
const multi: OperationRecords = { request: multiOf('request'), response: multiOf('response') };

const RECORDS: Readonly<Record<number, OperationRecords>> = {
  [OpCode.create]: {
    request: createRequest,
    response: reproduces(
      proto.readCreateResponse,
      proto.writeCreateResponse,
      proto.sizeCreateResponse,
    ),
  },
  [OpCode.create2]: { request: createRequest, response: create2Response },
  [OpCode.createContainer]: { request: createRequest, response: create2Response },
  [OpCode.createTTL]: {
    request: reproduces(
      proto.readCreateTTLRequest,
      proto.writeCreateTTLRequest,
      proto.sizeCreateTTLRequest,
    ),
    response: create2Response,
  },
  [OpCode.delete]: {
    request: reproduces(proto.readDeleteRequest, proto.writeDeleteRequest, proto.sizeDeleteRequest),
    response: nothing,
  },
  [OpCode.deleteContainer]: {
    request: reproduces(
      proto.readDeleteContainerRequest,
      proto.writeDeleteContainerRequest,
      proto.sizeDeleteContainerRequest,
    ),
    response: nothing,
  },
  [OpCode.exists]: {
    request: reproduces(proto.readExistsRequest, proto.writeExistsRequest, proto.sizeExistsRequest),
    response: reproduces(
      proto.readExistsResponse,
      proto.writeExistsResponse,
      proto.sizeExistsResponse,
    ),
  },
  [OpCode.getData]: {
    request: reproduces(
      proto.readGetDataRequest,
      proto.writeGetDataRequest,
      proto.sizeGetDataRequest,
    ),
    response: getDataResponse,
  },
  [OpCode.setData]: {
    request: reproduces(
      proto.readSetDataRequest,
      proto.writeSetDataRequest,
      proto.sizeSetDataRequest,
    ),
    response: reproduces(
      proto.readSetDataResponse,
      proto.writeSetDataResponse,
      proto.sizeSetDataResponse,
    ),
  },
  [OpCode.getACL]: {
    request: reproduces(proto.readGetACLRequest, proto.writeGetACLRequest, proto.sizeGetACLRequest),
    response: reproduces(
      proto.readGetACLResponse,
      proto.writeGetACLResponse,
      proto.sizeGetACLResponse,
    ),
  },
  [OpCode.setACL]: {
    request: reproduces(proto.readSetACLRequest, proto.writeSetACLRequest, proto.sizeSetACLRequest),
    response: reproduces(
      proto.readSetACLResponse,
      proto.writeSetACLResponse,
      proto.sizeSetACLResponse,
    ),
  },
  [OpCode.getChildren]: {
    request: reproduces(
      proto.readGetChildrenRequest,
      proto.writeGetChildrenRequest,
      proto.sizeGetChildrenRequest,
    ),
    response: reproduces(
      proto.readGetChildrenResponse,
      proto.writeGetChildrenResponse,
      proto.sizeGetChildrenResponse,
    ),
  },
  [OpCode.getChildren2]: {
    request: reproduces(
      proto.readGetChildren2Request,
      proto.writeGetChildren2Request,
      proto.sizeGetChildren2Request,
    ),
    response: reproduces(
      proto.readGetChildren2Response,
      proto.writeGetChildren2Response,
      proto.sizeGetChildren2Response,
    ),
  },
  [OpCode.getAllChildrenNumber]: {
    request: reproduces(
      proto.readGetAllChildrenNumberRequest,
      proto.writeGetAllChildrenNumberRequest,
      proto.sizeGetAllChildrenNumberRequest,
    ),
    response: reproduces(
      proto.readGetAllChildrenNumberResponse,
      proto.writeGetAllChildrenNumberResponse,
      proto.sizeGetAllChildrenNumberResponse,
    ),
  },
  [OpCode.getEphemerals]: {
    request: reproduces(
      proto.readGetEphemeralsRequest,
      proto.writeGetEphemeralsRequest,
      proto.sizeGetEphemeralsRequest,
    ),
    response: reproduces(
      proto.readGetEphemeralsResponse,
      proto.writeGetEphemeralsResponse,
      proto.sizeGetEphemeralsResponse,
    ),
  },
  [OpCode.sync]: {
    request: reproduces(proto.readSyncRequest, proto.writeSyncRequest, proto.sizeSyncRequest),
    response: reproduces(proto.readSyncResponse, proto.writeSyncResponse, proto.sizeSyncResponse),
  },
  [OpCode.check]: {
    request: reproduces(
      proto.readCheckVersionRequest,
      proto.writeCheckVersionRequest,
      proto.sizeCheckVersionRequest,
    ),
    response: nothing,
  },
  [OpCode.multi]: multi,
  [OpCode.multiRead]: multi,
  [OpCode.reconfig]: {
    request: reproduces(
      proto.readReconfigRequest,
      proto.writeReconfigRequest,
      proto.sizeReconfigRequest,
    ),
    response: getDataResponse,
  },
  [OpCode.whoAmI]: {
    request: nothing,
    response: reproduces(
      proto.readWhoAmIResponse,
      proto.writeWhoAmIResponse,
      proto.sizeWhoAmIResponse,
    ),
  },
  [OpCode.setWatches]: {
    request: reproduces(proto.readSetWatches, proto.writeSetWatches, proto.sizeSetWatches),
    response: nothing,
  },
  [OpCode.setWatches2]: {
    request: reproduces(proto.readSetWatches2, proto.writeSetWatches2, proto.sizeSetWatches2),
    response: nothing,
  },
  [OpCode.addWatch]: {
    request: reproduces(
      proto.readAddWatchRequest,
      proto.writeAddWatchRequest,
      proto.sizeAddWatchRequest,
    ),
    response: errorResponse,
  },
  [OpCode.checkWatches]: {
    request: reproduces(
      proto.readCheckWatchesRequest,
      proto.writeCheckWatchesRequest,
      proto.sizeCheckWatchesRequest,
    ),
    response: nothing,
  },
  [OpCode.removeWatches]: {
    request: reproduces(
      proto.readRemoveWatchesRequest,
      proto.writeRemoveWatchesRequest,
      proto.sizeRemoveWatchesRequest,
    ),
    response: nothing,
  },
  [OpCode.auth]: {
    request: reproduces(proto.readAuthPacket, proto.writeAuthPacket, proto.sizeAuthPacket),
    response: nothing,
  },
  [OpCode.sasl]: {
    request: reproduces(
      proto.readGetSASLRequest,
      proto.writeGetSASLRequest,
      proto.sizeGetSASLRequest,
    ),
    response: reproduces(
      proto.readSetSASLResponse,
      proto.writeSetSASLResponse,
      proto.sizeSetSASLResponse,
    ),
  },
  [OpCode.ping]: { request: nothing, response: nothing },
  [OpCode.closeSession]: { request: nothing, response: nothing },
};

/** The records of an operation; fails for an opcode that has none. */
export function recordsOf(op: number): OperationRecords {
  const records = RECORDS[op];
  assert(records !== undefined, `opcode ${op} is known`);
  return records;
}

export const requestHeader: Reproduce<proto.RequestHeader> = reproduces(
  proto.readRequestHeader,
  proto.writeRequestHeader,
  proto.sizeRequestHeader,
);
export const replyHeader: Reproduce<proto.ReplyHeader> = reproduces(
  proto.readReplyHeader,
  proto.writeReplyHeader,
  proto.sizeReplyHeader,
);
export const watcherEvent: Reproduce<proto.WatcherEvent> = reproduces(
  proto.readWatcherEvent,
  proto.writeWatcherEvent,
  proto.sizeWatcherEvent,
);
/** With the byte readOnly; without it see client-codec.ts. */
export const connectRequest: Reproduce<proto.ConnectRequest> = reproduces(
  proto.readConnectRequest,
  proto.writeConnectRequest,
  proto.sizeConnectRequest,
);
export const connectResponse: Reproduce<proto.ConnectResponse> = reproduces(
  proto.readConnectResponse,
  proto.writeConnectResponse,
  proto.sizeConnectResponse,
);

/** Asserts that nothing is left to read. */
export function ends(reader: JuteReader): void {
  assert.equal(reader.remaining, 0, 'nothing follows');
}
