import { z } from 'zod';

/** The version that manifests name. */
export const API_VERSION = 'conveyor.etl/v1';
/** The version of older examples: read in files, with a warning. */
export const OLD_API_VERSION = 'conveyor.router/v1';

/** Upper bounds of one pipeline; no assignment grows past them. */
const MAX_STAGES = 256;
const MAX_EDGES = 1_024;

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const objectName = z.string().regex(NAME, 'must be a DNS name: lower-case letters, digits, "-" and "."');
const namespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower-case letters, digits and "-"');
const text = z.string().max(1_024);
// services name themselves; their names are not bound to Kubernetes' rules
const serviceName = z.string().min(1).max(253);
const stageId = z
  .string()
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$/, 'must be letters, digits, "-", "_" and "."');
const labels = z.record(z.string().min(1).max(317), text);
const freeConfig = z.record(z.string(), z.unknown());
const milliseconds = z.int().min(0);

const metadata = z.strictObject({
  name: objectName,
  namespace: namespaceName.default('default'),
  labels: labels.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const component = z.strictObject({
  description: text.optional(),
  service: serviceName.optional().describe('Name of the service, where it is not the name of the resource.'),
  grpc: z
    .looseObject({
      endpoint: z.string().optional(),
      proto: z.string().optional(),
      tls: z.unknown().optional(),
    })
    .optional()
    .describe('Kept, not acted on: sidecars find services by themselves.'),
  config: freeConfig.optional().describe('Handed to the service as transform_config.'),
});

const stage = z.strictObject({
  id: stageId,
  name: text.optional(),
  type: z.enum(['source', 'transform', 'sink']),
  selector: z
    .strictObject({
      service: serviceName.optional().describe('A resource of the type, or a service. Default: the id.'),
      labels: labels.optional().describe('Labels that the service or its sidecar must have.'),
    })
    .optional(),
  loadBalance: z
    .enum(['roundRobin', 'leastConnections', 'weightedRandom', 'consistentHash'])
    .optional()
    .describe('Kept; round robin is used so far.'),
  config: freeConfig.optional(),
  parallelism: z.int().min(0).optional().describe('Kept, not acted on.'),
  routingRules: z.array(z.unknown()).optional().describe('Refused until conditions are acted on.'),
  routing_rules: z.array(z.unknown()).optional().describe('As routingRules.'),
});

const edge = z.strictObject({
  from: stageId,
  to: stageId,
  condition: z.unknown().optional().describe('Refused until conditions are acted on.'),
});

const pipeline = z.strictObject({
  description: text.optional(),
  enabled: z.boolean().default(true),
  ordering: z.enum(['partition', 'none']).default('partition'),
  // short form
  source: serviceName.optional().describe('A Source, or a service of that name.'),
  steps: z
    .array(serviceName)
    .max(MAX_STAGES - 2)
    .optional()
    .describe('Transforms, or services, in order.'),
  sink: serviceName.optional().describe('A Sink, or a service of that name.'),
  // long form
  stages: z.array(stage).min(1).max(MAX_STAGES).optional(),
  edges: z.array(edge).max(MAX_EDGES).optional().describe('Default: a chain of the stages as listed.'),
  dlq: z
    .looseObject({
      sink: serviceName.optional(),
      maxRetries: z.int().min(0).optional(),
      retryBackoffMs: milliseconds.optional(),
      maxRetryBackoffMs: milliseconds.optional(),
    })
    .optional()
    .describe('Kept, not acted on yet.'),
});

const versioned = { apiVersion: z.enum([API_VERSION, OLD_API_VERSION]), metadata };
const bare = component.default({});

/** The one schema of everything that the router reads; custom resource definitions come from it too. */
export const resourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...versioned, kind: z.literal('Source'), spec: bare }),
  z.strictObject({ ...versioned, kind: z.literal('Transform'), spec: bare }),
  z.strictObject({ ...versioned, kind: z.literal('Sink'), spec: bare }),
  z.strictObject({ ...versioned, kind: z.literal('Pipeline'), spec: pipeline }),
]);

/** One resource as written in a manifest, defaults filled in. */
export type Resource = z.infer<typeof resourceSchema>;
/** A Pipeline resource. */
export type PipelineResource = Extract<Resource, { kind: 'Pipeline' }>;
/** A Source, Transform or Sink resource. */
export type ComponentResource = Exclude<Resource, PipelineResource>;
/** What a long-form stage says. */
export type StageSpec = z.infer<typeof stage>;

/** `<namespace>/<name>`: what a pipeline is called on the wire (semantics, Names and namespaces). */
export function resourceId({ metadata: { namespace, name } }: Resource): string {
  return `${namespace}/${name}`;
}

/** What no two resources may share. */
export function resourceKey(resource: Resource): string {
  return `${resource.kind} ${resourceId(resource)}`;
}
