import type { Candidate, OfferedService, StageToPlace, StageType } from './inputs.ts';

/** A sidecar that offers a stage, and the service that runs it there. */
export interface Host {
  readonly candidate: Candidate;
  readonly service: OfferedService;
}

/** Who offers a stage, and who would if something were otherwise. */
export interface StageHosts {
  readonly hosts: readonly Host[];
  /** Of that name, but of another type: never routed to. */
  readonly wrongType: readonly Host[];
  /** Of that name and type, but without the labels. */
  readonly otherLabels: readonly Host[];
}

/** Sorts the services of the stage's name. The candidates must be of the pipeline's namespace. */
export function findHosts(stage: StageToPlace, candidates: readonly Candidate[]): StageHosts {
  const hosts: Host[] = [];
  const wrongType: Host[] = [];
  const otherLabels: Host[] = [];
  for (const candidate of candidates) {
    const named = candidate.services.filter(({ name }) => name === stage.serviceName);
    const typed = named.filter((service) => typeOf(service) === stage.type);
    const service = typed.find(({ labels }) => matches(stage.labels, { ...candidate.labels, ...labels }));
    if (service !== undefined) hosts.push({ candidate, service });
    else if (typed[0] !== undefined) otherLabels.push({ candidate, service: typed[0] });
    else if (named[0] !== undefined) wrongType.push({ candidate, service: named[0] });
  }
  return { hosts, wrongType, otherLabels };
}

/** A sidecar that states no type is read by the last of these words in the name, in any case (semantics, Graph). */
function typeOf({ type, name }: OfferedService): StageType | undefined {
  if (type !== 'unspecified') return type;
  const words = name.toLowerCase().match(/source|transform|sink/g);
  return words?.at(-1) as StageType | undefined;
}

function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Whether other sidecars may send to it: one that drains or is unhealthy leaves their routes at once. */
export function isUsable({ candidate, service }: Host): boolean {
  return !candidate.draining && service.healthy && candidate.endpoint !== '';
}
