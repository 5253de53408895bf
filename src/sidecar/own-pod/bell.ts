/** Listeners that are told without arguments. */
export interface Bell {
  ring(): void;
  /** @returns a function that ends it. */
  on(listener: () => void): () => void;
}

/** A bell that nobody listens to yet. */
export function createBell(): Bell {
  const listeners = new Set<() => void>();
  return {
    ring: () => listeners.forEach((listener) => listener()),
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
