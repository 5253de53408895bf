import { isDeepStrictEqual } from 'node:util';
import type { PodFacts } from '../facts/facts.ts';
import { containerOf, newRuns, type PlacedService, runsOf, whyHeld } from './gate.ts';
import { type Whereabouts, whereabouts } from './whereabouts.ts';

/** Says why a service is held back; undefined: it is not. */
type Rule = (service: PlacedService) => string | undefined;

/** What the pod's facts are acted on with: discovery, and what is on offer. */
export interface Surroundings {
  /** Replaces where discovery looks. */
  look(where: Whereabouts): void;
  /** Voids what is known of services at the ports. */
  renew(match: (port: number) => boolean): void;
  /** Ports at which stages were found. */
  answering(): ReadonlySet<number>;
  /** Replaces which services are held back, and why; without a rule none is. */
  withhold(rule?: Rule): void;
  /** The sidecar is to end, by whatever sign. */
  ending(): boolean;
}

/** What is known at one moment. */
export interface Known {
  /** As last seen, however long ago. */
  readonly facts: PodFacts | undefined;
  /** They hold now: the API tells. */
  readonly fresh: boolean;
  /** The API has not answered yet, and may. */
  readonly starting: boolean;
}

/** Ports that a pod may declare and that are looked at: each is probed at each scan. */
const MAX_PORTS = 1_000;

/** Brings discovery and what is on offer to what the pod says. The result is idempotent: it may be called at any time. */
export function createActing(around: Surroundings, { alwaysScan: always }: { alwaysScan: boolean }) {
  let where: Whereabouts | undefined;
  let runs: ReadonlyMap<string, string> = new Map();

  const lookAround = (facts: PodFacts | undefined): void => {
    const next = whereabouts(facts, { always, answering: around.answering(), maxPorts: MAX_PORTS });
    if (isDeepStrictEqual(next, where)) return;
    where = next;
    around.look(next);
  };
  /** Services of a container that runs anew are gone until a fresh probe; with them those that nobody can tell whose. */
  const renew = (facts: PodFacts): void => {
    const renewed = new Set(newRuns(runs, facts).map(({ name }) => name));
    runs = runsOf(runs, facts);
    if (renewed.size === 0) return;
    around.renew((port) => {
      const owner = containerOf(facts, port);
      return owner === undefined || renewed.has(owner.name);
    });
  };
  return ({ facts, fresh, starting }: Known): void => {
    lookAround(facts);
    if (starting) around.withhold(() => 'the Kubernetes API has not answered yet');
    else if (facts === undefined || !fresh) around.withhold();
    else {
      renew(facts);
      around.withhold((service) => whyHeld(facts, service, { ending: around.ending() }));
    }
  };
}
