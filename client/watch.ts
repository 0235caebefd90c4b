import type { Int64 } from 'jute-ts';
import { EventType } from '../protocol/watch-event.ts';

/**
 * What a watch tells. The first four come from the server; the `…WatchRemoved` are made by the client when a watch is
 * removed, so that whoever set it learns that nothing will come any more.
 */
export type WatchEventType =
  | 'NodeCreated'
  | 'NodeDeleted'
  | 'NodeDataChanged'
  | 'NodeChildrenChanged'
  | 'DataWatchRemoved'
  | 'ChildWatchRemoved'
  | 'PersistentWatchRemoved';

export type WatchEvent = {
  readonly type: WatchEventType;
  /** The node it is about: for a recursive watch, the descendant. */
  readonly path: string;
  /**
   * zxid of the txn that made it happen. −1 if the server does not say: one older than 3.9, or an event that was
   * missed while disconnected and is caught up on at reconnect.
   */
  readonly zxid: Int64;
};

/** Called once for a one-shot watch, for every event of a persistent one. */
export type WatchListener = (event: WatchEvent) => void;

/**
 * The client's kinds of watches (the lists of a SetWatches2 request). `exist` is what `exists` leaves on a node that is
 * not there; the server keeps it with the data watches, but at reconnect it has to be told apart.
 */
export type WatchKind = 'data' | 'exist' | 'child' | 'persistent' | 'recursive';

const WIRE_TYPES: ReadonlyMap<number, WatchEventType> = new Map([
  [EventType.NodeCreated, 'NodeCreated'],
  [EventType.NodeDeleted, 'NodeDeleted'],
  [EventType.NodeDataChanged, 'NodeDataChanged'],
  [EventType.NodeChildrenChanged, 'NodeChildrenChanged'],
]);

/** The name of an event type on the wire; undefined for one that servers do not send. */
export function watchEventTypeFromWire(type: number): WatchEventType | undefined {
  return WIRE_TYPES.get(type);
}
