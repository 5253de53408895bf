/** A map with a bound: what was set longest ago makes room for what is new. */
export class Recent<K, V> extends Map<K, V> {
  readonly #max: number;

  /** @param max entries at most. */
  constructor(max: number) {
    super();
    this.#max = max;
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    const [oldest] = this.keys();
    if (this.size > this.#max && oldest !== undefined) this.delete(oldest);
    return this;
  }
}
