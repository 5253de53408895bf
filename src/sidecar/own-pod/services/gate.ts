import type { ContainerFacts, PodFacts } from '../facts/facts.ts';

/** A service as far as it matters whose it is. */
export interface PlacedService {
  readonly port: number;
}

/**
 * The container whose port it is: the one that declares it; of a port that nobody declares, the only regular container
 * beside the sidecar. undefined: nobody can tell.
 */
export function containerOf({ containers }: PodFacts, port: number): ContainerFacts | undefined {
  const all = [...containers.values()];
  const declared = all.find(({ ports }) => ports.some(({ number }) => number === port));
  if (declared !== undefined) return declared;
  const [only, ...others] = all.filter(({ sidecar }) => !sidecar);
  return others.length === 0 ? only : undefined;
}

/**
 * Why a service is not on offer: its container does not run, or is not ready. Without probes a container that runs is
 * ready, and the service's own answers tell the rest. In a pod that ends readiness says nothing any more (an
 * application that heard SIGTERM may fail its probe and still answer): running is enough to finish what is there.
 * undefined: on offer. Pure.
 */
export function whyHeld(
  facts: PodFacts,
  { port }: PlacedService,
  { ending }: { readonly ending: boolean },
): string | undefined {
  const container = containerOf(facts, port);
  if (container === undefined) return undefined;
  const { name, state, ready, hasReadinessProbe } = container;
  if (state !== 'running') return `container ${name} is ${state}`;
  if (ready || !hasReadinessProbe || ending || facts.deletion !== undefined) return undefined;
  return `container ${name} is not ready`;
}

/** Tells one run of a container from the next. */
const runOf = ({ restarts, startedAt }: ContainerFacts): string => `${restarts} ${startedAt}`;

/**
 * Containers that run now, and are in another run than when they were last seen running: what was known of their
 * services is void. Right after any missed event. Pure.
 */
export function newRuns(runs: ReadonlyMap<string, string>, facts: PodFacts): ContainerFacts[] {
  return [...facts.containers.values()].filter((container) => {
    const known = runs.get(container.name);
    return container.state === 'running' && known !== undefined && known !== runOf(container);
  });
}

/** By container: the run that it is in, or was in when it last ran; '' for one that has not run yet. Pure. */
export function runsOf(before: ReadonlyMap<string, string>, facts: PodFacts): ReadonlyMap<string, string> {
  return new Map(
    [...facts.containers.values()].map((container) => {
      const { name, state } = container;
      return [name, state === 'running' ? runOf(container) : (before.get(name) ?? '')] as const;
    }),
  );
}
