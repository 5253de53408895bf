import type { PodFacts } from '../facts/facts.ts';

/** Where services may be, and what the pod says of those ports. */
export interface Whereabouts {
  /** Declared TCP ports of the other containers, each once, ascending. */
  readonly ports: readonly number[];
  /** The configured scan range is to be looked at as well. */
  readonly range: boolean;
  /** By port: its name, and the container that declares it. */
  readonly hints: ReadonlyMap<number, { readonly portName: string; readonly container: string }>;
}

/** What decides beside the pod. */
export interface WhereaboutsOptions {
  /** Look at the range whatever the pod declares: it was set, so it is meant. */
  readonly always: boolean;
  /** Ports at which a stage was found. */
  readonly answering: ReadonlySet<number>;
  /** As many ports are probed at most. */
  readonly maxPorts: number;
}

/** What a pod tells of its ports. Of a port that two containers declare the first one is taken to be its owner. */
function hintsOf({ containers }: PodFacts): Whereabouts['hints'] {
  const hints = new Map<number, { portName: string; container: string }>();
  for (const { name: container, ports } of containers.values())
    for (const { number, name: portName } of ports)
      if (!hints.has(number)) hints.set(number, { portName, container });
  return hints;
}

/**
 * Where to look: at the ports that the pod declares; in the range as well when it was set, when the pod declares none,
 * or while none of the declared ones answers as a stage. Pure. Without facts: in the range.
 */
export function whereabouts(
  facts: PodFacts | undefined,
  { always, answering, maxPorts }: WhereaboutsOptions,
): Whereabouts {
  if (facts === undefined) return { ports: [], range: true, hints: new Map() };
  const hints = hintsOf(facts);
  const ports = [...hints.keys()].sort((a, b) => a - b).slice(0, maxPorts);
  return { ports, range: always || !ports.some((port) => answering.has(port)), hints };
}
