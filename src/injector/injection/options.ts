import { list, oneOf, pairs, text } from '../../foundation/config/text-types.ts';
import { duration, integer, port, type ValueType } from '../../foundation/config/value-type.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import { quantity, quantityValue } from './quantity.ts';

/** What a sidecar gets unless its pod asks for something else. */
export interface SidecarDefaults {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly grpcPort: number;
  readonly adminPort: number;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly cpuRequest: string;
  readonly memoryRequest: string;
  /** Quantities; '' for no limit. */
  readonly cpuLimit: string;
  readonly memoryLimit: string;
}

/** What one pod's sidecar gets. */
export interface SidecarOptions extends SidecarDefaults {
  /** What the pod asks for; the cluster decides where it asks for nothing. */
  readonly mode: 'native' | 'container' | undefined;
  /** What the sidecar's readiness does to the pod's. */
  readonly readiness: 'container' | 'gate' | 'none';
  readonly holdApplication: 'enabled' | 'disabled';
  /** As SERVICE_NAMES and DISCOVERY_PORTS of the sidecar have them; '' for none. */
  readonly serviceNames: string;
  readonly discoveryPorts: string;
  /** undefined: the pod's own grace period. */
  readonly shutdownGrace: number | undefined;
}

const SERVICE_NAME = text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a service name');
const MAX_GRACE_MS = 3_600_000;

/** Checks a value, and keeps it as the text that the sidecar reads. */
const asText = <T>({ allowed, parse }: ValueType<T>): ValueType<string> => ({
  allowed,
  parse: (value) => (parse(value) === undefined ? undefined : value),
  format: (value) => value,
});

/** A duration with its unit, or bare seconds as `terminationGracePeriodSeconds` has them; in milliseconds. */
const grace: ValueType<number> = {
  ...duration({ minMs: 0, maxMs: MAX_GRACE_MS }),
  allowed: 'seconds or a duration such as 45, 45s or 2m, up to 1h',
  parse(value) {
    const seconds = integer({ min: 0, max: MAX_GRACE_MS / 1_000 }).parse(value);
    return seconds === undefined ? duration({ minMs: 0, maxMs: MAX_GRACE_MS }).parse(value) : seconds * 1_000;
  },
};

const TYPES: { readonly [K in keyof SidecarOptions]: ValueType<NonNullable<SidecarOptions[K]>> } = {
  mode: oneOf('native', 'container'),
  readiness: oneOf('container', 'gate', 'none'),
  holdApplication: oneOf('enabled', 'disabled'),
  serviceNames: asText(pairs(port(), SERVICE_NAME, 'port=name, as in 50052=mask-pii')),
  discoveryPorts: asText(list(port())),
  image: text(/^[a-zA-Z0-9][\w.:/@-]{0,510}$/, 'the name of an image'),
  imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  grpcPort: port(),
  adminPort: port(),
  logLevel: oneOf('error', 'warn', 'info', 'debug'),
  shutdownGrace: grace,
  cpuRequest: quantity,
  cpuLimit: quantity,
  memoryRequest: quantity,
  memoryLimit: quantity,
};

const PREFIX = 'conveyor.etl/';
const KNOWN = new Set<string>(Object.values(KEYS));

/** Options, and what the user should know of the annotations. */
export interface ReadOptions {
  readonly options: SidecarOptions;
  readonly warnings: readonly string[];
}

/**
 * Options from a pod's annotations. An annotation that is wrong never keeps a pod from starting: the default is used,
 * and a warning says so.
 */
export function readOptions(
  annotations: Readonly<Record<string, string>>,
  defaults: SidecarDefaults,
): ReadOptions {
  const warnings = Object.keys(annotations)
    .filter((key) => key.startsWith(PREFIX) && !KNOWN.has(key))
    .map((key) => `annotation ${key} is not known`);
  const base: SidecarOptions = {
    ...defaults,
    ...{ mode: undefined, readiness: 'container', holdApplication: 'enabled' },
    ...{ serviceNames: '', discoveryPorts: '', shutdownGrace: undefined },
  };
  const given = Object.entries(TYPES).flatMap(([name, type]) => {
    const key = KEYS[name as keyof typeof TYPES];
    const value = annotations[key];
    if (value === undefined) return [];
    const parsed = type.parse(value.trim());
    if (parsed !== undefined) return [[name, parsed] as const];
    warnings.push(`annotation ${key}=${shown(value)} must be ${type.allowed}; the default is used`);
    return [];
  });
  const options = { ...base, ...(Object.fromEntries(given) as Partial<SidecarOptions>) };
  return { options: coherent(options, { defaults, warnings }), warnings };
}

const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);

/** What is right by itself and would make an invalid pod together falls back as well. */
function coherent(
  options: SidecarOptions,
  { defaults, warnings }: { readonly defaults: SidecarDefaults; readonly warnings: string[] },
): SidecarOptions {
  const { grpcPort, adminPort } = options;
  let whole = options;
  if (grpcPort === adminPort) {
    warnings.push(`${KEYS.grpcPort} and ${KEYS.adminPort} are both ${grpcPort}; the defaults are used`);
    whole = { ...whole, grpcPort: defaults.grpcPort, adminPort: defaults.adminPort };
  }
  for (const [request, limit] of [
    ['cpuRequest', 'cpuLimit'],
    ['memoryRequest', 'memoryLimit'],
  ] as const) {
    if ((quantityValue(whole[request]) ?? 0) <= (quantityValue(whole[limit]) ?? Infinity)) continue;
    warnings.push(
      `${KEYS[request]}=${whole[request]} is above ${KEYS[limit]}=${whole[limit]}; the request is the limit`,
    );
    whole = { ...whole, [request]: whole[limit] };
  }
  return whole;
}
