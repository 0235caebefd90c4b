/** Last, least and greatest size of something, −1 before the first, as Apache ZooKeeper shows them. */
export class BufferStats {
  lastBytes: number = -1;
  minBytes: number = -1;
  maxBytes: number = -1;

  /** Notes one size. Allocates nothing. */
  add(bytes: number): void {
    this.lastBytes = bytes;
    if (this.minBytes === -1 || bytes < this.minBytes) this.minBytes = bytes;
    if (bytes > this.maxBytes) this.maxBytes = bytes;
  }

  reset(): void {
    this.lastBytes = -1;
    this.minBytes = -1;
    this.maxBytes = -1;
  }
}
