import { freeMemory } from '../../foundation/lifecycle/heap.ts';
import type { SharedMessage } from './call.ts';

/** An answer. Its last reader frees its memory. */
export class Message implements SharedMessage {
  readonly length: number;
  readonly #bytes: Buffer;
  #readers = 1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  retain(): void {
    this.#readers++;
  }

  release(): void {
    if (--this.#readers === 0) freeMemory(this.#bytes);
  }
}
