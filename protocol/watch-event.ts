/** Event types of a WatcherEvent that a server sends (Watcher.Event.EventType). */
export const EventType = {
  NodeCreated: 1,
  NodeDeleted: 2,
  NodeDataChanged: 3,
  NodeChildrenChanged: 4,
} as const;

export type EventType = (typeof EventType)[keyof typeof EventType];

/** The only state that a server ever puts into a WatcherEvent. */
export const KEEPER_STATE_SYNC_CONNECTED = 3;

/** `mode` of an addWatch request. */
export const AddWatchMode = { PERSISTENT: 0, PERSISTENT_RECURSIVE: 1 } as const;

/** `type` of checkWatches and removeWatches (Watcher.WatcherType). */
export const WatcherType = {
  Children: 1,
  Data: 2,
  Any: 3,
  Persistent: 4,
  PersistentRecursive: 5,
} as const;

export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];

export function isWatcherType(type: number): type is WatcherType {
  return Number.isInteger(type) && type >= 1 && type <= 5;
}

/** xids that are not a client's running number. */
export const Xid = { NOTIFICATION: -1, PING: -2, AUTH: -4, SET_WATCHES: -8 } as const;
