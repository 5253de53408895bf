/** Those who want to hear of something. */
export interface Listeners<Args extends readonly unknown[]> {
  tell(...args: Args): void;
  /** @returns a function that ends it. */
  on(listener: (...args: Args) => void): () => void;
}

/**
 * Nobody yet.
 * @param onThrow hears what a listener throws, and the others hear all the same; without it, who tells gets it.
 */
export function createListeners<Args extends readonly unknown[] = []>(
  onThrow?: (error: unknown) => void,
): Listeners<Args> {
  const listeners = new Set<(...args: Args) => void>();
  return {
    tell(...args) {
      for (const listener of listeners) {
        try {
          listener(...args);
        } catch (error) {
          if (onThrow === undefined) throw error;
          onThrow(error);
        }
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
