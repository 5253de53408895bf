/** Who stands under which key. */
export class Index {
  readonly #sets = new Map<string, Set<string>>();

  of(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? new Set();
  }

  add(id: string, keys: readonly string[]): void {
    for (const key of keys) this.#sets.set(key, new Set(this.#sets.get(key)).add(id));
  }

  remove(id: string, keys: readonly string[]): void {
    for (const key of keys) {
      const left = this.#sets.get(key);
      left?.delete(id);
      if (left?.size === 0) this.#sets.delete(key);
    }
  }
}
