/**
 * How far one pipeline may fill what is free: with 4, one that stands alone gets four fifths of its share, and whoever
 * comes later still finds room. Dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998.
 */
const GREED = 4;

/** What a message is taken to have before any has come, as a share of the budget. */
const FIRST_GUESS = 1 / 8;

/** Bytes that are held until released. */
export interface Held {
  /** One more user of the same memory. */
  retain(): void;
  /** One user less; the last one frees the bytes. */
  release(): void;
}

/** A message that wants to be read. */
export interface Admission {
  /** Pipelines share fairly; empty where none is known yet. */
  readonly pipeline: string;
  /** Sidecars that the message has come through. */
  readonly hops: number;
}

/** A message that waits to be read. */
interface Waiter extends Admission {
  readonly place: string;
  readonly admit: () => void;
}

/** A place in the queue of those that wait. */
export interface Wait {
  readonly admitted: Promise<void>;
  /** Leaves the queue; the promise stays pending. */
  abandon(): void;
}

/**
 * The one budget for the bytes of all records in flight. What is over it waits in its sender. Shares by hop keep
 * anything from waiting in a circle: h hops may fill it up to 1 - 2^-(h+1), and one message of each hop count and
 * pipeline is let in however full it is (semantics.md, "Nothing waits in a circle"): what one pipeline's transforms
 * made of its records must not keep another out.
 */
export class ByteBudget {
  /** Bytes in all. */
  readonly totalBytes: number;
  #used = 0;
  /** A moving average of what is held at once. */
  #usualBytes: number;
  readonly #byPipeline = new Map<string, number>();
  readonly #byPlace = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#usualBytes = totalBytes * FIRST_GUESS;
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Messages that wait to be read. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Whether a message may be read now (undefined), or a wait until it may.
   * @param onAdmitted called at once when the wait is over, before anybody else is let in.
   */
  admit(admission: Admission, onAdmitted?: () => void): undefined | Wait {
    const place = placeOf(admission);
    if (this.#isFirst(place) || this.#hasRoom(admission, 0)) return undefined;
    let admit: () => void = () => undefined;
    const admitted = new Promise<void>((resolve) => {
      admit = resolve;
    });
    const waiter = {
      ...admission,
      place,
      admit: () => {
        onAdmitted?.();
        admit();
      },
    };
    this.#waiters.add(waiter);
    return {
      admitted,
      abandon: () => {
        this.#waiters.delete(waiter);
      },
    };
  }

  /**
   * Takes bytes, which are there already: more than is free makes the next ones wait.
   * @param onFreed called when the last user is gone.
   */
  hold(admission: Admission, bytes: number, onFreed?: () => void): Held {
    this.#usualBytes += (bytes - this.#usualBytes) / 8;
    return this.#hold(admission, bytes, onFreed);
  }

  /** Takes what a message usually has, for one that is let in and sure to come, until it is there. */
  expect(admission: Admission): Held {
    return this.#hold(admission, this.#usualBytes);
  }

  #hold({ pipeline, hops }: Admission, fraction: number, onFreed?: () => void): Held {
    // whole bytes: fractions would not add up to nothing again
    const bytes = Math.ceil(fraction);
    const place = placeOf({ pipeline, hops });
    this.#add(pipeline, place, bytes);
    let users = 1;
    return {
      retain: () => {
        users++;
      },
      release: () => {
        if (--users !== 0) return;
        onFreed?.();
        this.#add(pipeline, place, -bytes);
        this.#serve();
      },
    };
  }

  /** Whether nothing of its hop count and pipeline is here. */
  #isFirst(place: string): boolean {
    return !this.#byPlace.has(place);
  }

  #hasRoom({ pipeline, hops }: Admission, expected: number): boolean {
    const free = this.totalBytes * (1 - 2 ** -(hops + 1)) - this.#used - expected;
    return free > 0 && (this.#byPipeline.get(pipeline) ?? 0) < GREED * free;
  }

  #add(pipeline: string, place: string, bytes: number): void {
    this.#used += bytes;
    addTo(this.#byPipeline, pipeline, bytes);
    addTo(this.#byPlace, place, bytes);
  }

  /** Lets in whoever has room now. What they bring is counted when it has been read: until then it is expected. */
  #serve(): void {
    let expected = 0;
    const firsts = new Set<string>();
    for (const waiter of this.#waiters) {
      const { place } = waiter;
      const first = this.#isFirst(place) && !firsts.has(place);
      // a source that is let in may have nothing to send: with nothing in use nobody would come to serve the others
      const mayBeIdle = waiter.hops === 0 && this.#used === 0;
      if (!first && !mayBeIdle && !this.#hasRoom(waiter, expected)) continue;
      this.#waiters.delete(waiter);
      firsts.add(place);
      const before = this.#used;
      waiter.admit();
      if (this.#used === before) expected += this.#usualBytes;
    }
  }
}

function placeOf({ pipeline, hops }: Admission): string {
  return `${hops}/${pipeline}`;
}

function addTo<K>(counts: Map<K, number>, key: K, bytes: number): void {
  const sum = (counts.get(key) ?? 0) + bytes;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
