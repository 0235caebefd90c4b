import type { Request } from './request.ts';

/** The requests of one connection that wait for their turn, first in first out. */
export class RequestQueue {
  #head: Request | null = null;
  #tail: Request | null = null;

  get isEmpty(): boolean {
    return this.#head === null;
  }

  get first(): Request | null {
    return this.#head;
  }

  push(request: Request): void {
    if (this.#tail === null) this.#head = request;
    else this.#tail.next = request;
    this.#tail = request;
  }

  shift(): Request | null {
    const request = this.#head;
    if (request === null) return null;
    this.#head = request.next;
    if (this.#head === null) this.#tail = null;
    request.next = null;
    return request;
  }

  /** Empties the queue and returns how many requests were in it. */
  clear(): number {
    let count = 0;
    while (this.shift() !== null) count += 1;
    return count;
  }
}
