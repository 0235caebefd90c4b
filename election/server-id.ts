declare const serverIdBrand: unique symbol;

/** The number in `myid` and in `server.N`; ZooKeeper's sid. */
export type ServerId = number & { readonly [serverIdBrand]: true };

export function toServerId(id: number): ServerId {
  return id as ServerId;
}
