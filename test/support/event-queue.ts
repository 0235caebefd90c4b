/** What callbacks bring, for a test that awaits it in order. */
export class EventQueue<T> {
  readonly #events: T[] = [];
  readonly #waiting: ((event: T) => void)[] = [];

  /** Give this as the callback. */
  readonly push: (event: T) => void = (event) => {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#events.push(event);
    else waiting(event);
  };

  /** The oldest event that has not been taken; waits for it if need be. */
  next(): Promise<T> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes the oldest `count` events. */
  async take(count: number): Promise<T[]> {
    const events: T[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  /** Events that have come and were not taken. */
  get pending(): readonly T[] {
    return this.#events;
  }
}
