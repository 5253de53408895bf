import { freeMemory } from '../../foundation/lifecycle/heap.ts';

/** An encoded message that several read from. The last one to be done with it frees its memory: no outline of it is valid then. */
export class Message {
  readonly #bytes: Buffer;
  #readers = 1;

  /** Its maker is the first reader. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  /** Bytes. */
  readonly length: number;

  /** One more reader. */
  retain(): void {
    this.#readers++;
  }

  /** One reader less. */
  release(): void {
    if (--this.#readers === 0) freeMemory(this.#bytes);
  }
}
