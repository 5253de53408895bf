/** Those who want to hear of something. */
export interface Listeners<Args extends readonly unknown[]> {
  tell(...args: Args): void;
  /** @returns a function that ends it. */
  on(listener: (...args: Args) => void): () => void;
}

/** Nobody yet. */
export function createListeners<Args extends readonly unknown[] = []>(): Listeners<Args> {
  const listeners = new Set<(...args: Args) => void>();
  return {
    tell(...args) {
      for (const listener of listeners) listener(...args);
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
