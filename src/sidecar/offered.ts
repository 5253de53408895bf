import { isDeepStrictEqual } from 'node:util';
import { createListeners } from '../foundation/lifecycle/listeners.ts';
import type { LocalService } from './discovery/tracking/local-service.ts';

/** Says why a service is held back; undefined: it is not. */
export type Withhold = (service: LocalService) => string | undefined;

/** A service that was found and is not offered. */
export interface Withheld {
  readonly service: LocalService;
  /** Who holds it back: the first of them, where several do. */
  readonly owner: string;
  readonly reason: string;
}

/** What the view is made of. */
export interface FoundServices {
  services(): readonly LocalService[];
  onChange(listener: () => void): () => void;
}

/**
 * The services of this pod that the router may send records to: those that were found, less those that someone holds
 * back. A service that is held back gets no new calls, neither from here nor from elsewhere; calls in flight end.
 */
export interface Offered extends FoundServices {
  /** On offer now. The array is replaced, never changed. */
  services(): readonly LocalService[];
  /** All that were found, on offer or not. */
  found(): readonly LocalService[];
  /** Held back now. */
  withheld(): readonly Withheld[];
  /** Calls `listener` after each change of what is found, on offer or held back. @returns a function that ends it. */
  onChange(listener: () => void): () => void;
  /** Replaces what `owner` holds back; without `match` it holds back nothing more. */
  withhold(owner: string, match?: Withhold): void;
}

interface View {
  readonly found: readonly LocalService[];
  readonly offered: readonly LocalService[];
  readonly withheld: readonly Withheld[];
}

/** A view over the services that were found, made anew when they or what is held back change. */
export function createOffered(registry: FoundServices): Offered {
  const rules = new Map<string, Withhold>();
  const listeners = createListeners();
  let view: View = { found: [], offered: [], withheld: [] };
  const look = (): View => {
    // whoever else listens to the registry may ask before it is our turn
    if (view.found !== registry.services()) view = viewOf(registry.services(), rules);
    return view;
  };
  registry.onChange(() => listeners.tell());
  return {
    services: () => look().offered,
    found: () => look().found,
    withheld: () => look().withheld,
    onChange: (listener) => listeners.on(listener),
    withhold(owner, match) {
      if (match === undefined) rules.delete(owner);
      else rules.set(owner, match);
      const before = look().withheld;
      const after = viewOf(registry.services(), rules);
      if (isDeepStrictEqual(before, after.withheld)) return;
      view = after;
      listeners.tell();
    },
  };
}

function viewOf(found: readonly LocalService[], rules: ReadonlyMap<string, Withhold>): View {
  const withheld = found.flatMap((service) => {
    for (const [owner, match] of rules) {
      const reason = match(service);
      if (reason !== undefined) return [{ service, owner, reason }];
    }
    return [];
  });
  const held = new Set(withheld.map(({ service }) => service));
  return {
    found,
    withheld,
    offered: held.size === 0 ? found : found.filter((service) => !held.has(service)),
  };
}
