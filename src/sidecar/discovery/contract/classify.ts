import { fileDescriptors, withPrefix } from '../../../foundation/grpc/definitions.ts';
import {
  decodeFile,
  type DescriptorPool,
  type MethodShape,
  poolOf,
  type ServiceShape,
} from './descriptors.ts';
import { readable } from './readable.ts';
import { methodDifferences, type Pools } from './shapes.ts';

/** What a service is to a pipeline. */
export type ServiceType = 'source' | 'transform' | 'sink';

/** What a discovered service turned out to be. */
export type ServiceKind = ServiceType | 'infrastructure' | 'unknown' | 'mismatch';

/** The decision about one service, with its reasons. */
export interface Classification {
  readonly kind: ServiceKind;
  /** Methods that may be called; an optional one of another shape is left out. */
  readonly methods: readonly string[];
  /** What separates a mismatch from the contract, one line each. */
  readonly differences: readonly string[];
  /** A remark for people; '' for none. */
  readonly note: string;
}

/** A role of the contract: the method that makes it, and those that a service may leave out. */
interface Role {
  readonly type: 'transform' | 'sink';
  readonly service: string;
  readonly method: string;
  readonly optional: readonly string[];
}

// ProcessStream and WriteStream are not called, so their shapes do not matter (semantics.md, What a call carries)
const ROLES: readonly Role[] = [
  {
    type: 'transform',
    service: 'conveyor.transform.TransformService',
    method: 'ProcessBatch',
    optional: ['GetCapabilities'],
  },
  {
    type: 'sink',
    service: 'conveyor.sink.SinkService',
    method: 'WriteBatch',
    optional: ['GetCapacity', 'Flush'],
  },
];

// a cache of constant data, not state
let contract: DescriptorPool | undefined;

/** The shapes of the wire contract, from the project's own descriptors. */
export function contractPool(): DescriptorPool {
  contract ??= poolOf(fileDescriptors().map(decodeFile));
  return contract;
}

/** True for what gRPC servers bring along, and for routers and sidecars themselves. */
export function isInfrastructure(service: string): boolean {
  return /^(grpc|conveyor\.sidecar|conveyor\.router)\./.test(withPrefix(service, 'conveyor'));
}

/** The roles that a name claims: the words of its last segment, the last one first. */
function claims(service: string): ServiceType[] {
  const words = service.slice(service.lastIndexOf('.') + 1).match(/Source|Transform|Sink/g) ?? [];
  return words.map((word) => word.toLowerCase() as ServiceType).reverse();
}

const methodOf = (service: ServiceShape | undefined, name: string): MethodShape | undefined =>
  service?.methods.find((method) => method.name === name);

// a peer's method names are shown to people
const methodNames = (service: ServiceShape | undefined): string[] =>
  (service?.methods ?? []).map(({ name }) => name).filter((name) => /^\w{1,128}$/.test(name));

function differencesOf(method: string, role: Role, service: ServiceShape, pools: Pools): string[] {
  const expected = methodOf(pools.contract.services.get(role.service), method);
  return expected === undefined ? [] : methodDifferences(expected, methodOf(service, method), pools);
}

function usable(role: Role, service: ServiceShape, pools: Pools): Classification {
  const offered = new Set(methodNames(service));
  const odd = role.optional.filter(
    (name) => offered.has(name) && differencesOf(name, role, service, pools).length > 0,
  );
  return {
    kind: role.type,
    methods: [...offered].filter((name) => !odd.includes(name)).sort(),
    differences: [],
    note: odd.length === 0 ? '' : `not called, of another shape than the contract: ${odd.join(', ')}`,
  };
}

function other(kind: ServiceKind, service: ServiceShape | undefined, reasons: Partial<Classification> = {}) {
  const methods = methodNames(service).sort();
  return { kind, methods, differences: [], note: '', ...reasons } satisfies Classification;
}

function mismatch(role: Role, service: ServiceShape, pools: Pools): Classification {
  const differences = differencesOf(role.method, role, service, pools).map((line) => readable(line));
  const others = ROLES.filter(({ method }) => method !== role.method && methodOf(service, method));
  const note = others.map(({ method }) => `it has ${method} instead`).join(', ');
  return other('mismatch', service, { differences, note });
}

/**
 * Decides what a service is: by its methods and their message shapes, under any package and any type names.
 * - ProcessBatch of the contract's shape makes a transform, WriteBatch a sink. With both, the last of the words
 *   Transform and Sink in the name decides, and a name without them is used as a transform.
 * - A name that claims a role which the methods do not fill is a mismatch, and so is a ProcessBatch or WriteBatch of
 *   another shape under any name.
 * - Without these methods, a name that says Source is a source; anything else is unknown.
 * @param fullName as reflection lists it.
 */
export function classify(fullName: string, pools: Pools): Classification {
  if (isInfrastructure(fullName)) return other('infrastructure', undefined);
  const service = pools.found.services.get(fullName);
  if (service === undefined)
    return other('unknown', undefined, { note: 'listed, but its descriptor was not given' });
  const present = ROLES.filter(({ method }) => methodOf(service, method) !== undefined);
  const fits = present.filter((role) => differencesOf(role.method, role, service, pools).length === 0);
  const claimed = claims(fullName);
  const roles = ROLES.filter(({ type }) => claimed.includes(type));
  const wanted = claimed.flatMap((type) => fits.filter((role) => role.type === type))[0];
  const chosen = wanted ?? (roles.length === 0 ? fits[0] : undefined);
  if (chosen !== undefined) {
    const both = wanted === undefined && fits.length > 1;
    const decided = usable(chosen, service, pools);
    return both ? { ...decided, note: 'has WriteBatch too: used as a transform' } : decided;
  }
  if (claimed[0] === 'source' && fits.length === 0) return other('source', service);
  const meant = roles.find(({ type }) => type === claimed[0]) ?? roles[0] ?? present[0];
  return meant === undefined ? other('unknown', service) : mismatch(meant, service, pools);
}
