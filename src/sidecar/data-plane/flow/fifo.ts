/** A queue whose ends are reached in constant time. */
export class Fifo<T> {
  /** A ring; its length is a power of two. It is kept: a row that is left behind keeps alive what stood in it. */
  #ring: (T | undefined)[] = new Array<undefined>(8).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The next one; it stays. */
  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  push(item: T): void {
    this.#makeRoom();
    this.#ring[this.#at(this.#size++)] = item;
  }

  /** Puts one before all others. */
  unshift(item: T): void {
    this.#makeRoom();
    this.#size++;
    this.#head = this.#at(-1);
    this.#ring[this.#head] = item;
  }

  /** Takes the next one. */
  shift(): T | undefined {
    const item = this.#ring[this.#head];
    if (this.#size === 0) return undefined;
    // let go at once: what is kept would outlive the young generation
    this.#ring[this.#head] = undefined;
    this.#head = this.#at(1);
    this.#size--;
    return item;
  }

  /** Takes one out of the middle. */
  remove(item: T): void {
    let index = 0;
    while (index < this.#size && this.#ring[this.#at(index)] !== item) index++;
    if (index === this.#size) return;
    for (; index < this.#size - 1; index++) this.#ring[this.#at(index)] = this.#ring[this.#at(index + 1)];
    this.#ring[this.#at(--this.#size)] = undefined;
  }

  /** The place of the n-th from the head on. */
  #at(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1);
  }

  #makeRoom(): void {
    const { length } = this.#ring;
    if (this.#size < length) return;
    const inOrder = Array.from({ length: 2 * length }, (_, index) =>
      index < length ? this.#ring[this.#at(index)] : undefined,
    );
    this.#ring = inOrder;
    this.#head = 0;
  }
}
