import type { Classification } from './contract/classify.ts';
import type { PortHint } from './contract/names.ts';

/**
 * What a probe found at a port: nothing that listens; no answer in time; another protocol; HTTP/2 without
 * reflection, or with one that failed; a reflection without (usable) services; services.
 */
export type PortState =
  | 'closed'
  | 'silent'
  | 'hung-up'
  | 'http1'
  | 'tls'
  | 'garbage'
  | 'no-reflection'
  | 'reflection-failed'
  | 'empty'
  | 'mismatch'
  | 'services';

/** Every state, for metrics and tables. */
export const PORT_STATES: readonly PortState[] = [
  'closed',
  'silent',
  'hung-up',
  'http1',
  'tls',
  'garbage',
  'no-reflection',
  'reflection-failed',
  'empty',
  'mismatch',
  'services',
];

/** What a service says of itself; 0, '' and empty mean "not stated". */
export interface Limits {
  /** `transform_id` of GetCapabilities. */
  readonly ownId: string;
  readonly maxBatchSize: number;
  readonly maxConcurrentBatches: number;
  readonly supportedRecordTypes: readonly string[];
  /** `available_capacity` of GetCapacity at the last probe, in records. */
  readonly availableCapacity: number;
}

/** A service that says nothing of itself. */
export const NOT_STATED: Limits = {
  ownId: '',
  maxBatchSize: 0,
  maxConcurrentBatches: 0,
  supportedRecordTypes: [],
  availableCapacity: 0,
};

/** One service at a port. */
export interface ServiceReport extends Classification {
  readonly protoService: string;
  /** '' for infrastructure and for services without a descriptor. */
  readonly descriptorHash: string;
  /** Undefined when the service was asked and did not answer in time. */
  readonly limits: Limits | undefined;
}

/** The outcome of one probe of one port. */
export interface PortReport {
  readonly port: number;
  /** `127.0.0.1:50052` or `[::1]:50052`; the first where nothing listens. */
  readonly endpoint: string;
  readonly state: PortState;
  /** Why it is not `services`, for people; '' for `services`. */
  readonly reason: string;
  /** The version of reflection that answered, '' for none. */
  readonly reflection: 'v1' | 'v1alpha' | '';
  readonly services: readonly ServiceReport[];
  readonly probeMs: number;
}

/** Where to look, and what is known of the ports beforehand. Replaceable while discovery runs. */
export interface Candidates {
  readonly ports: readonly number[];
  /** By port: names from the configuration. */
  readonly names: ReadonlyMap<number, string>;
  /** By port: what Kubernetes says. */
  readonly hints: ReadonlyMap<number, PortHint>;
}

/** The inputs of {@link candidatePorts}. */
export interface PortRange {
  /** Inclusive. */
  readonly startPort: number;
  /** Inclusive. */
  readonly endPort: number;
  readonly extraPorts: readonly number[];
  /** The sidecar's own listeners: never probed. */
  readonly ownPorts: readonly number[];
}

/** The ports to probe: the range and the explicit ones, without our own, each once, ascending. */
export function candidatePorts({ startPort, endPort, extraPorts, ownPorts }: PortRange): number[] {
  const range = Array.from({ length: Math.max(0, endPort - startPort + 1) }, (_, index) => startPort + index);
  const all = new Set([...range, ...extraPorts]);
  return [...all].filter((port) => !ownPorts.includes(port)).sort((a, b) => a - b);
}

/** True for what a pipeline can use. */
export function isUsable(service: ServiceReport): service is ServiceReport & {
  readonly kind: 'source' | 'transform' | 'sink';
} {
  return service.kind === 'source' || service.kind === 'transform' || service.kind === 'sink';
}
