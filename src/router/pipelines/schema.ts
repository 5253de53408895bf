import { z } from 'zod';

/** The version that manifests name. */
export const API_VERSION = 'conveyor.etl/v1';
/** The version of older examples: read in files, with a warning. */
export const OLD_API_VERSION = 'conveyor.router/v1';

/** Upper bounds of one pipeline; no assignment grows past them. */
const MAX_STAGES = 256;
const MAX_EDGES = 1_024;
const MAX_LABELS = 64;

/**
 * Rules in CEL for the API server, of what a JSON schema cannot say. `read-resource.ts` has them all and more (cycles,
 * for one): they refuse at once what would else be refused in the status.
 */
const rules = (...all: readonly (readonly [rule: string, message: string])[]): Record<string, unknown> => ({
  'x-kubernetes-validations': all.map(([rule, message]) => ({ rule, message })),
});
/** How the API server tells the elements of a list apart; also for those who apply different ones of them. */
const keyedBy = (...keys: readonly string[]): Record<string, unknown> => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
});

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
  .max(253)
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$/, 'must be letters, digits, "-", "_" and "."');
const labels = z.record(z.string().min(1).max(317), text);
const freeConfig = z.record(z.string(), z.unknown());
const milliseconds = z.int().min(0).max(86_400_000);
const refusedRules = z
  .array(z.looseObject({}))
  .max(MAX_STAGES)
  .meta({
    description: 'Refused until they are acted on.',
    ...rules(['size(self) == 0', 'not supported yet']),
  });

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
      labels: labels
        .meta({ maxProperties: MAX_LABELS })
        .optional()
        .describe('Labels that the service or its sidecar must have.'),
    })
    .optional(),
  loadBalance: z
    .enum(['roundRobin', 'leastConnections', 'weightedRandom', 'consistentHash'])
    .optional()
    .describe('Kept; round robin is used so far.'),
  config: freeConfig.optional().describe('Handed to the service, over what the resource says.'),
  parallelism: z.int().min(0).max(65_535).optional().describe('Kept, not acted on.'),
  routingRules: refusedRules.optional(),
  routing_rules: refusedRules.optional(),
});

const edge = z
  .strictObject({
    from: stageId,
    to: stageId,
    condition: z.looseObject({}).nullish().describe('Refused until conditions are acted on.'),
  })
  .meta(
    rules(
      ['self.from != self.to', 'an edge from a stage to itself'],
      ['!has(self.condition)', 'the condition of an edge is not supported yet'],
    ),
  );

// a list of one binds a variable: `in` costs the API server little, a search in a search breaks its budget
const graph = (ids: string, rule: string): string =>
  `!has(self.stages) || !has(self.edges) || [${ids}].all(ids, ${rule})`;
const stageIds = (which: string): string => `self.stages.filter(s, ${which}).map(s, s.id)`;
const graphRules = [
  [
    graph('self.stages.map(s, s.id)', 'self.edges.all(e, e.from in ids)'),
    'an edge from a stage that is not in stages',
  ],
  [
    graph('self.stages.map(s, s.id)', 'self.edges.all(e, e.to in ids)'),
    'an edge to a stage that is not in stages',
  ],
  [graph(stageIds("s.type == 'source'"), 'self.edges.all(e, !(e.to in ids))'), 'an edge into a source'],
  [graph(stageIds("s.type == 'sink'"), 'self.edges.all(e, !(e.from in ids))'), 'an edge out of a sink'],
  [
    graph('self.edges.map(e, e.to)', "self.stages.all(s, s.type == 'source' || s.id in ids)"),
    'no edge leads to a stage that is no source',
  ],
  [
    graph('self.edges.map(e, e.from)', "self.stages.all(s, s.type != 'source' || s.id in ids)"),
    'no edge leaves a source',
  ],
] as const;

const pipeline = z
  .strictObject({
    description: text.optional(),
    enabled: z.boolean().default(true).describe('A pipeline that is not runs nowhere and is kept.'),
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
    stages: z
      .array(stage)
      .min(1)
      .max(MAX_STAGES)
      .meta({
        ...keyedBy('id'),
        ...rules(
          ["self.exists(s, s.type == 'source')", 'no stage is of type source'],
          ["self.exists(s, s.type != 'source')", 'there are sources alone'],
        ),
      })
      .optional(),
    edges: z
      .array(edge)
      .max(MAX_EDGES)
      .meta(keyedBy('from', 'to'))
      .optional()
      .describe('Default: a chain of the stages as listed.'),
    routingRules: refusedRules.optional(),
    routing_rules: refusedRules.optional(),
    dlq: z
      .looseObject({
        sink: serviceName.optional(),
        maxRetries: z.int().min(0).max(65_535).optional(),
        retryBackoffMs: milliseconds.optional(),
        maxRetryBackoffMs: milliseconds.optional(),
      })
      .optional()
      .describe('Kept, not acted on yet.'),
  })
  .meta(
    rules(
      [
        '!has(self.stages) || !(has(self.source) || has(self.steps) || has(self.sink))',
        'source, steps and sink: not together with stages',
      ],
      ['has(self.stages) || !has(self.edges)', 'edges: only together with stages'],
      ['has(self.stages) || (has(self.source) && has(self.sink))', 'needs a source and a sink, or stages'],
      ...graphRules,
    ),
  );

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
