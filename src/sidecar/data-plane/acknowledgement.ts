import type { RecordOutline } from '../wire/outline.ts';
import type { RecordAckEntry } from '../wire/writer.ts';

/** The fate of a path of a record. The numbers order them: the worst wins (semantics.md, "Acknowledgement"). */
export const FATE = { success: 0, failed: 1, retry: 2 } as const;
/** One of {@link FATE}. */
export type Fate = (typeof FATE)[keyof typeof FATE];

const STATUS = ['success', 'failed', 'retry'] as const;

interface Reason {
  readonly code: string;
  readonly error: string;
}

/**
 * Decides when each record of a batch is done, whatever splits, filters, branches and joins lie between: it counts the
 * copies of a record that are on their way, keeps the worst fate, and calls `onDone` once, when no copy is left.
 */
export class Acknowledgement {
  readonly #records: readonly RecordOutline[];
  // plain arrays: the memory of a typed array lies outside of the heap, and garbage collection pays for each
  readonly #copies: number[];
  readonly #fates: Fate[];
  readonly #reasons = new Map<number, Reason>();
  readonly #onDone: (acks: RecordAckEntry[]) => void;
  #undecided: number;

  /** @param copies ways that each record sets out on; at least 1. */
  constructor(records: readonly RecordOutline[], copies: number, onDone: (acks: RecordAckEntry[]) => void) {
    this.#records = records;
    this.#copies = new Array<number>(records.length).fill(copies);
    this.#fates = new Array<Fate>(records.length).fill(FATE.success);
    this.#undecided = records.length;
    this.#onDone = onDone;
  }

  /** Copies on their way, counted one by one. */
  get inFlight(): number {
    let sum = 0;
    for (const copies of this.#copies) sum += copies;
    return sum;
  }

  /** Whether every record is decided. */
  get done(): boolean {
    return this.#undecided === 0;
  }

  /** One copy of a record became several; at least 1. */
  branch(index: number, copies: number): void {
    this.#copies[index] = this.#copiesOf(index) + copies - 1;
  }

  /** One copy of a record has come to its end. */
  settle(index: number, fate: Fate, code = '', error = ''): void {
    const copies = this.#copiesOf(index) - 1;
    if (copies < 0)
      throw new RangeError(`record ${index} of the batch was settled more often than it was copied`);
    this.#copies[index] = copies;
    if (fate > (this.#fates[index] ?? 0)) {
      this.#fates[index] = fate;
      this.#reasons.set(index, { code, error });
    }
    if (copies === 0 && --this.#undecided === 0) this.#onDone(this.#acks());
  }

  #copiesOf(index: number): number {
    return this.#copies[index] ?? 0;
  }

  #acks(): RecordAckEntry[] {
    return this.#records.map(({ id }, index) => {
      const reason = this.#reasons.get(index);
      return {
        id,
        status: STATUS[this.#fates[index] ?? FATE.retry],
        code: reason?.code ?? '',
        error: reason?.error ?? '',
      };
    });
  }
}
