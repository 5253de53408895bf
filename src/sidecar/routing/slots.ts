import { onAbort } from '../../foundation/lifecycle/aborted.ts';

/** Places for calls in flight, given out in the order in which they were asked for. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #taken = 0;

  /** @param limit calls at one time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Calls in flight. */
  get taken(): number {
    return this.#taken;
  }

  /** A service may change its mind: more room is given out at once, less takes effect as calls end. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#serve();
  }

  /** Takes a place now (undefined), or later (a promise). Rejects when the signal aborts first. */
  take(signal: AbortSignal): undefined | Promise<void> {
    if (this.#taken < this.#limit && this.#waiting.length === 0) {
      this.#taken++;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const granted = (): void => {
        over();
        resolve();
      };
      const over = onAbort(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1);
        over();
        reject(signal.reason as Error);
      });
      this.#waiting.push(granted);
    });
  }

  /** Gives a place back. */
  give(): void {
    this.#taken--;
    this.#serve();
  }

  #serve(): void {
    while (this.#taken < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken++;
      next();
    }
  }
}
