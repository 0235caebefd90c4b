/** What two servers said during a step, as plain values, and the first place where they differ. */
import { int64Key } from '../../protocol/int64.ts';
import { OpCode } from '../../protocol/op-code.ts';
import { decodeEvent, decodeHandshake, decodeReply, type Plain, plainHandshake } from './decode.ts';
import type { Drained, Item } from './link.ts';
import type { ServerView } from './server-view.ts';
import type { Slot } from './step.ts';

/** All that a server said during a step, by connection. */
export type Said = ReadonlyMap<Slot, readonly Plain[]>;

export type Mismatch = {
  readonly slot: Slot;
  readonly a: Plain;
  readonly b: Plain;
  readonly reason: string;
};

export type DescribeOptions = {
  /** The step may have ended sessions outside of a request (expiry): see `sortedWithinTxns`. */
  readonly sessionsEnd: boolean;
};

export function describe(
  drained: ReadonlyMap<Slot, Drained>,
  view: ServerView,
  options: DescribeOptions,
): Said {
  const ended = new Set<string>();
  for (const { items } of drained.values()) {
    for (const item of items) {
      if (item.kind === 'reply' && item.op === OpCode.closeSession)
        ended.add(int64Key(decodeReply(item.op, item.frame, view).zxid));
    }
  }
  const unorderedTxn = (zxid: string): boolean => options.sessionsEnd || ended.has(zxid);
  return new Map([...drained].map(([slot, one]) => [slot, describeOne(one, view, unorderedTxn)]));
}

function describeOne(
  drained: Drained,
  view: ServerView,
  unorderedTxn: (zxid: string) => boolean,
): readonly Plain[] {
  const out: { readonly txn: string; readonly plain: Plain }[] = drained.items.map((item) =>
    describeItem(item, view),
  );
  const plains = sortedWithinTxns(out, unorderedTxn);
  if (drained.unanswered > 0) plains.push({ unanswered: drained.unanswered });
  if (drained.closed) plains.push('closed');
  if (drained.rest.length > 0) plains.push({ bytes: drained.rest.toString('hex') });
  return plains;
}

function describeItem(item: Item, view: ServerView): { txn: string; plain: Plain } {
  switch (item.kind) {
    case 'event': {
      const { plain, zxid } = decodeEvent(item.frame, view);
      return { txn: int64Key(zxid), plain };
    }
    case 'reply': {
      const { plain } = decodeReply(item.op, item.frame, view);
      return { txn: '', plain: item.barrier ? { barrier: plain } : plain };
    }
    case 'handshake': {
      const response = decodeHandshake(item.frame);
      return {
        txn: '',
        plain:
          response === undefined
            ? { notAHandshake: item.frame.toString('hex') }
            : plainHandshake(response, view),
      };
    }
    case 'stray':
      return { txn: '', plain: { stray: item.frame.toString('hex') } };
  }
}

/**
 * The ephemerals of a session that ends are deleted in one transaction, in the order of a hash set on Apache's
 * server: the notifications of such a transaction are a set. Of every other transaction they have an order.
 */
function sortedWithinTxns(
  list: readonly { readonly txn: string; readonly plain: Plain }[],
  unorderedTxn: (zxid: string) => boolean,
): Plain[] {
  const out: Plain[] = [];
  for (let at = 0; at < list.length; ) {
    const { txn } = list[at]!;
    let end = at + 1;
    if (txn !== '' && unorderedTxn(txn))
      while (end < list.length && list[end]!.txn === txn) end += 1;
    const run = list.slice(at, end).map(({ plain }) => plain);
    out.push(...(run.length > 1 ? sortedByText(run) : run));
    at = end;
  }
  return out;
}

function sortedByText(list: readonly Plain[]): Plain[] {
  return list
    .map((plain) => ({ plain, text: JSON.stringify(plain) }))
    .sort((x, y) => (x.text < y.text ? -1 : 1))
    .map(({ plain }) => plain);
}

/** The first difference, on the connection of `first` before the others; `ignored` is not looked at. */
export function compareSaid(
  a: Said,
  b: Said,
  first: Slot,
  ignored: Slot | undefined,
): Mismatch | undefined {
  const slots = [...new Set([first, ...a.keys(), ...b.keys()])].filter((slot) => slot !== ignored);
  for (const slot of slots) {
    const [listA, listB] = [a.get(slot) ?? [], b.get(slot) ?? []];
    for (let i = 0; i < Math.max(listA.length, listB.length); i += 1) {
      const [itemA, itemB] = [listA[i] ?? 'nothing', listB[i] ?? 'nothing'];
      if (JSON.stringify(itemA) !== JSON.stringify(itemB)) {
        return {
          slot,
          a: itemA,
          b: itemB,
          reason: `answer ${i + 1} of the step on this connection`,
        };
      }
    }
  }
  return undefined;
}
