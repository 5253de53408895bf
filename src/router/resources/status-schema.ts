import { z } from 'zod';

const condition = z
  .strictObject({
    type: z.string().max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().min(1).max(1_024).describe('For programs: one word in CamelCase.'),
    message: z.string().max(32_768).describe('For people.'),
    lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When status last changed.'),
    observedGeneration: z.int().min(0).describe('The metadata.generation that it is about.'),
  })
  .describe('As metav1.Condition.');

const conditions = z
  .array(condition)
  .max(16)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

const problems = z
  .array(z.string().max(1_024))
  .max(32)
  .describe('What keeps the resource from being taken, and what is kept but not acted on.');

const running = z
  .looseObject({})
  .describe('While the spec cannot be taken: the last one that was, which goes on.');

const stage = z.strictObject({
  id: z.string(),
  type: z.string(),
  service: z.string(),
  replicas: z.int().min(0).describe('Sidecars that offer it.'),
  ready: z.int().min(0).describe('Those of them that others send to: neither draining nor unhealthy.'),
  records: z
    .int()
    .min(0)
    .describe('Records that it has processed, as the sidecars count that are there now.'),
  errors: z.int().min(0),
});

/** Status of a Pipeline; the definition comes from it, as that of the spec does from the schema of resources. */
export const pipelineStatusSchema = z.strictObject({
  observedGeneration: z.int().min(0),
  conditions,
  stages: z
    .array(stage)
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'] }),
  records: z.int().min(0).describe('Records that its sources have sent.'),
  problems: problems.optional(),
  running: running.optional(),
});

/** Status of a Source, Transform or Sink. */
export const componentStatusSchema = z.strictObject({
  observedGeneration: z.int().min(0),
  conditions,
  pipelines: z.int().min(0).describe('Enabled pipelines that have it.'),
  problems: problems.optional(),
  running: running.optional(),
});

/** One condition, as metav1.Condition. */
export type StatusCondition = z.infer<typeof condition>;
/** Status of a Pipeline. */
export type PipelineResourceStatus = z.infer<typeof pipelineStatusSchema>;
/** Status of a Source, Transform or Sink. */
export type ComponentResourceStatus = z.infer<typeof componentStatusSchema>;
