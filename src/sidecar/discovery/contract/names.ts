import type { ServiceType } from './classify.ts';

/** What Kubernetes says about a port of the pod; '' for what it does not say. */
export interface PortHint {
  readonly portName: string;
  readonly container: string;
}

/** All that can name a service. */
export interface Nameable extends PortHint {
  readonly port: number;
  readonly type: ServiceType;
  readonly protoService: string;
  /** From the configuration (`--service-name 50052=mask-pii`) or an annotation; '' for none. */
  readonly configured: string;
  /** The transform's own id from GetCapabilities; '' for none. */
  readonly ownId: string;
}

const GENERIC_PORT =
  /^(grpc|grpcs|h2c|http|http2|https|tcp|rpc|web|api|app|main|default|service|server|port)?[-_]?\d*$/;

/** True for text that can stand in a pipeline: 1 to 128 characters without blanks, slashes and control characters. */
function isUsableName(text: string): boolean {
  return /^[^\s/\p{C}]{1,128}$/u.test(text);
}

const protoName = (protoService: string): string => {
  const last = protoService.slice(protoService.lastIndexOf('.') + 1);
  return (last.replace(/Service$/, '') || last).toLowerCase();
};

/**
 * The name of a service for itself, in this order: configured; the transform's own id; the
 * port's name unless it is generic; the container's name; the last segment of the proto service without `Service`,
 * lower-cased. What cannot stand in a pipeline is passed over.
 */
export function baseName(service: Nameable): string {
  const { configured, ownId, portName, container, protoService } = service;
  const ordered = [configured, ownId, GENERIC_PORT.test(portName) ? '' : portName, container];
  return ordered.find(isUsableName) ?? protoName(protoService);
}

/** Ever longer names of one service. The last one is unique: a port has one service of a full name. */
function nameAt(level: number, service: Nameable): string {
  const { port, type, protoService } = service;
  return [baseName(service), port, type, protoService].slice(0, level + 1).join('-');
}

/**
 * Names of all services of a pod, in the order given. Where several come to one name, all of them get `-<port>`, on
 * one port `-<type>` too (then the full proto service), and none keeps the bare name: who was found first must not
 * decide where records go. The result depends on the set alone, not on its order.
 */
export function uniqueNames(services: readonly Nameable[]): string[] {
  const levels = services.map(() => 0);
  for (;;) {
    const names = services.map((service, index) => nameAt(levels[index] ?? 0, service));
    const taken = Map.groupBy(names.keys(), (index) => names[index]);
    const clashing = [...taken.values()].filter(({ length }) => length > 1).flat();
    const raisable = clashing.filter((index) => (levels[index] ?? 0) < 3);
    if (raisable.length === 0) return names;
    for (const index of raisable) levels[index] = (levels[index] ?? 0) + 1;
  }
}
