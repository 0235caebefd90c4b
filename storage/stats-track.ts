const COUNT = 'count';
const BYTES = 'bytes';
const COUNT_HARD_LIMIT = 'countHardLimit';
const BYTE_HARD_LIMIT = 'byteHardLimit';
/** What Long.parseLong accepts. */
const INTEGER = /^[+-]?[0-9]+$/;

/**
 * The content of the two nodes of a quota, limits and usage (StatsTrack):
 *
 *   count=<n>,bytes=<n>            and, if there are further keys, sorted,
 *   count=<n>,bytes=<n>=;<key>=<n>;<key>=<n>
 *
 * The `=` after bytes keeps servers before 3.5.8 from reading on. What is not there is −1.
 *
 * deviates: Apache's server dies of a text that does not parse, although any client may write one; here
 * the parts that don't parse are left out.
 */
export class StatsTrack {
  readonly #values: Map<string, string> = new Map();

  /** From the data of the node; nothing and null are the same. */
  constructor(data: Uint8Array | null = null) {
    if (data === null) return;
    for (const pair of Buffer.from(data).toString('utf8').split(/[,;]+/)) {
      const [key, value] = pair.split('=');
      if (key === undefined || key === '' || value === undefined) continue;
      if (value === '') this.#values.set(key, '-1');
      else if (INTEGER.test(value)) this.#values.set(key, canonical(value));
    }
  }

  /** Nodes, the root of the quota among them. */
  get count(): number {
    return this.#get(COUNT);
  }

  set count(value: number) {
    this.#values.set(COUNT, String(value));
  }

  /** Bytes of data, without paths and Stats. */
  get bytes(): number {
    return this.#get(BYTES);
  }

  set bytes(value: number) {
    this.#values.set(BYTES, String(value));
  }

  get countHardLimit(): number {
    return this.#get(COUNT_HARD_LIMIT);
  }

  get byteHardLimit(): number {
    return this.#get(BYTE_HARD_LIMIT);
  }

  toString(): string {
    const further = [...this.#values.keys()].filter((key) => key !== COUNT && key !== BYTES).sort();
    const tail = further.map((key) => `;${key}=${this.#values.get(key)}`).join('');
    const head = `${COUNT}=${this.#text(COUNT)},${BYTES}=${this.#text(BYTES)}`;
    return tail === '' ? head : `${head}=${tail}`;
  }

  toBytes(): Buffer {
    return Buffer.from(this.toString(), 'utf8');
  }

  /** Exact below 2^53; a larger limit is as good as none. */
  #get(key: string): number {
    return Number(this.#text(key));
  }

  #text(key: string): string {
    return this.#values.get(key) ?? '-1';
  }
}

/** As Java prints the number: without plus sign and leading zeros. */
function canonical(digits: string): string {
  const sign = digits.startsWith('-') ? '-' : '';
  const magnitude = digits.replace(/^[+-]?0*/, '');
  return magnitude === '' ? '0' : sign + magnitude;
}
