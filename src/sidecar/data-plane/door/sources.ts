import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';

/** How long a source is known after its last stream, and how many a pod may have (semantics.md, "Sources"). */
const KEPT_MS = 60_000;
const MAX_SOURCES = 64;

interface Known {
  streams: number;
  seenAt: number;
}

/** The sources of this pod, known by what they say on PushRecords: a source needs no server. */
export class Sources {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #listeners = createListeners();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ids of the sources, in the order in which they came. */
  current(): string[] {
    const before = this.#clock.now() - KEPT_MS;
    for (const [id, { streams, seenAt }] of this.#known) {
      if (streams === 0 && seenAt < before) this.#known.delete(id);
    }
    return [...this.#known.keys()];
  }

  /** Calls the listener when a source has come. @returns ends it. */
  onChange(listener: () => void): () => void {
    return this.#listeners.on(listener);
  }

  /** A stream of the source was opened. @returns to be called when it ends; undefined: there are too many sources. */
  opened(sourceId: string): (() => void) | undefined {
    let known = this.#known.get(sourceId);
    if (known === undefined) {
      if (this.current().length >= MAX_SOURCES) return undefined;
      known = { streams: 0, seenAt: 0 };
      this.#known.set(sourceId, known);
      this.#listeners.tell();
    }
    const counted = known;
    counted.streams++;
    return () => {
      counted.streams--;
      counted.seenAt = this.#clock.now();
    };
  }
}
