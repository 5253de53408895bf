import type { z } from 'zod';
import { ConveyorError } from '../../foundation/errors.ts';
import { definePipeline } from './definition.ts';
import { graphFaults } from './graph.ts';
import { CUSTOM_RESOURCES } from './kinds.ts';
import { formatPath, type Path } from './positions.ts';
import type { Problem } from './problem.ts';
import {
  API_VERSION,
  OLD_API_VERSION,
  type PipelineResource,
  type Resource,
  resourceSchema,
} from './schema.ts';

/** Largest single resource that is read. */
const MAX_RESOURCE_BYTES = 262_144;
/** Fields that nobody knows are taken out level by level. */
const MAX_DEPTH = 8;

/** Says something of a place in the resource. An error keeps it from being taken. */
export type Report = (severity: Problem['severity'], path: Path, reason: string) => void;

/**
 * Any value as a resource, with defaults filled in; unknown fields are taken out of the value itself. It is the one
 * reading for manifests and custom resources.
 * @returns undefined when its shape is wrong; what else keeps it from being taken is reported alone.
 */
export function readResource(value: unknown, report: Report): Resource | undefined {
  const resource = conform(value, report);
  if (resource !== undefined) check(resource, report);
  return resource;
}

/**
 * Whether a value is a Kubernetes resource of another API group, and of no kind of ours: a Deployment, or what kustomize
 * reads. A kind of ours in another group is a typing error, and a List may hold resources of ours.
 */
export function isForeign(value: unknown): boolean {
  const { apiVersion, kind } = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false;
  const ours = [API_VERSION, OLD_API_VERSION].some((known) => groupOf(known) === groupOf(apiVersion));
  return !ours && !Object.hasOwn(CUSTOM_RESOURCES, kind) && kind !== 'List';
}

const groupOf = (apiVersion: string): string => apiVersion.split('/')[0] ?? '';

/** As `readResource`, the problems gathered. @param what it is, for them: it has no lines. */
export function examine(
  what: string,
  value: unknown,
): { readonly resource: Resource | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const resource = readResource(value, (severity, _path, reason) =>
    problems.push({ severity, file: what, reason }),
  );
  return { resource, problems };
}

/** @throws ConveyorError INVALID_ARGUMENT with everything that keeps it from being taken. */
export function assertValid(resource: Resource): void {
  const { problems } = examine('', structuredClone(resource));
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new ConveyorError('INVALID_ARGUMENT', errors.map(({ reason }) => reason).join('; '));
}

/** A field that nobody knows is a warning: it may be a typing error, or meant for others. */
function conform(value: unknown, report: Report): Resource | undefined {
  let parsed = resourceSchema.safeParse(value);
  for (let depth = 0; !parsed.success && depth < MAX_DEPTH; depth++) {
    const unknown = parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0) break;
    for (const { path, keys } of unknown) {
      for (const key of keys) {
        const at = [...path, key];
        report('warning', at, `${formatPath(at)} is not a field that is known; ignored`);
        remove(value, path, key);
      }
    }
    parsed = resourceSchema.safeParse(value);
  }
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) report('error', issue.path, describe(issue));
  return undefined;
}

function remove(root: unknown, path: Path, key: string): void {
  let parent = root as Record<PropertyKey, unknown>;
  for (const part of path) parent = parent[part] as Record<PropertyKey, unknown>;
  Reflect.deleteProperty(parent, key);
}

function describe(issue: z.core.$ZodIssue): string {
  const path = formatPath(issue.path);
  if (path === 'kind') return 'kind must be Source, Transform, Sink or Pipeline';
  if (path === 'apiVersion') return `apiVersion must be ${API_VERSION}`;
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

function check(resource: Resource, report: Report): void {
  if (resource.apiVersion === OLD_API_VERSION)
    report('warning', ['apiVersion'], `apiVersion ${OLD_API_VERSION} is old; write ${API_VERSION}`);
  if (JSON.stringify(resource).length > MAX_RESOURCE_BYTES)
    report('error', [], `larger than ${MAX_RESOURCE_BYTES} bytes`);
  if (resource.kind === 'Pipeline') checkPipeline(resource, report);
}

function checkPipeline(resource: PipelineResource, report: Report): void {
  const { spec } = resource;
  const short = (['source', 'steps', 'sink'] as const).filter((field) => spec[field] !== undefined);
  if (spec.stages !== undefined && short[0] !== undefined)
    report('error', ['spec', short[0]], `spec.${short.join(', ')}: not together with spec.stages`);
  else if (spec.stages === undefined && spec.edges !== undefined)
    report('error', ['spec', 'edges'], 'spec.edges: only together with spec.stages');
  else if (spec.stages === undefined && (spec.source === undefined || spec.sink === undefined))
    report('error', ['spec'], 'spec needs a source and a sink, or stages');
  else {
    refuseConditions(resource, report);
    for (const { reason, at } of graphFaults(definePipeline(resource, () => undefined)))
      report('error', ['spec', ...(at === undefined ? [] : [at.list, at.index])], reason);
  }
}

/** Until they are acted on, records would go where the manifest says that they must not. */
function refuseConditions({ spec }: PipelineResource, report: Report): void {
  const refuse = (path: Path, what: string): void =>
    report('error', ['spec', ...path], `${what} not supported yet`);
  for (const field of ['routingRules', 'routing_rules'] as const) {
    if ((spec[field] ?? []).length > 0) refuse([field], `${field} are`);
    for (const [index, stage] of (spec.stages ?? []).entries()) {
      if ((stage[field] ?? []).length > 0) refuse(['stages', index, field], `${field} of "${stage.id}" are`);
    }
  }
  for (const [index, { condition, from, to }] of (spec.edges ?? []).entries()) {
    if (condition !== undefined && condition !== null)
      refuse(['edges', index, 'condition'], `the condition of edge "${from}" -> "${to}" is`);
  }
}
