import type { Leader } from '../../src/foundation/kubernetes/leader.ts';

/** Who leads, as the test says. */
export interface Election {
  readonly leader: Pick<Leader, 'leading' | 'onChange'>;
  set(leading: boolean): void;
}

/** An election that nobody has won yet. */
export function election(): Election {
  const listeners = new Set<(leading: boolean) => void>();
  let leads = false;
  return {
    leader: {
      leading: () => leads,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    set(leading) {
      leads = leading;
      for (const listener of listeners) listener(leading);
    },
  };
}
