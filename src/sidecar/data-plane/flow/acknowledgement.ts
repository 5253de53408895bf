import type { RecordOutline } from '../../wire/outline.ts';
import type { AckException, BatchAcks } from '../../wire/writer.ts';

/** The worst wins (semantics.md, "Acknowledgement"). */
const SEVERITY = { failed: 1, retry: 2 } as const;

/**
 * Decides when each record of a batch is done, whatever splits, filters, branches and joins lie between: it counts the
 * copies of a record that are on their way, keeps the worst that became of one, and calls `onDone` once, when no copy is
 * left.
 */
export class Acknowledgement implements BatchAcks {
  readonly records: readonly RecordOutline[];
  readonly exceptions = new Map<number, AckException>();
  // a plain array: the memory of a typed array lies outside of the heap, and garbage collection pays for each
  readonly #copies: number[];
  readonly #onDone: () => void;
  #undecided: number;

  /** @param copies ways that each record sets out on; at least 1. */
  constructor(records: readonly RecordOutline[], copies: number, onDone: () => void) {
    this.records = records;
    this.#copies = new Array<number>(records.length).fill(copies);
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

  /** One copy of a record has come to its end: a success, if it is no exception. */
  settle(index: number, exception?: AckException): void {
    const copies = this.#copiesOf(index) - 1;
    if (copies < 0)
      throw new RangeError(`record ${index} of the batch was settled more often than it was copied`);
    this.#copies[index] = copies;
    if (exception !== undefined) this.#except(index, exception);
    if (copies === 0 && --this.#undecided === 0) this.#onDone();
  }

  #except(index: number, exception: AckException): void {
    const known = this.exceptions.get(index);
    if (known === undefined || SEVERITY[exception.status] > SEVERITY[known.status])
      this.exceptions.set(index, exception);
  }

  #copiesOf(index: number): number {
    return this.#copies[index] ?? 0;
  }
}
