import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Acknowledgement } from '../trust/replicas.ts';
import type { TrustPlace } from '../trust/places.ts';
import { fingerprint } from '../x509/certificate.ts';

/** What everybody is to have read. */
export interface State {
  readonly bundle: string;
  /** The certificates that are to be served; the injector's is acknowledged. */
  readonly injector: string;
  readonly others: readonly string[];
}

/** Who is asked. */
export interface Asked {
  readonly places: readonly TrustPlace[];
  readonly replicas: () => readonly Acknowledgement[] | undefined;
}

/** How long the state has been everywhere. */
export interface Settling {
  /** Milliseconds until it has settled, 0 when it has; or for whom it waits. */
  look(state: State): { readonly leftMs: number } | { readonly waitsFor: string };
}

/** A state has settled when everybody who can be asked has had it for `overlapMs`, without a break, as seen from here. */
export function createSettling({ places, replicas }: Asked, clock: Clock, overlapMs: number): Settling {
  let seen: { readonly state: string; readonly sinceMs: number } | undefined;

  const behind = ({ bundle, injector }: State): string | undefined => {
    const place = places.find((each) => each.shown()?.every((shown) => shown === bundle) !== true);
    if (place !== undefined) return place.name;
    const said = replicas() ?? [];
    const [trusted, served] = [fingerprint(bundle), fingerprint(injector)];
    const all = said.every((each) => each.trusted === trusted && each.served === served);
    return all && said.length > 0 ? undefined : 'replicas';
  };

  return {
    look(state) {
      const waitsFor = behind(state);
      if (waitsFor !== undefined) {
        seen = undefined;
        return { waitsFor };
      }
      const text = fingerprint([state.bundle, state.injector, ...state.others].join('\n'));
      if (seen?.state !== text) seen = { state: text, sinceMs: clock.now() };
      return { leftMs: Math.max(0, seen.sinceMs + overlapMs - clock.now()) };
    },
  };
}
