import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { definePipeline } from './definition.ts';
import { graphFaults } from './graph.ts';
import { formatPath, lineOf, type Path } from './positions.ts';
import type { Problem } from './problem.ts';
import {
  API_VERSION,
  OLD_API_VERSION,
  type PipelineResource,
  type Resource,
  resourceKey,
  resourceSchema,
} from './schema.ts';

/** Largest manifest file, and largest single resource, that is read. */
const MAX_MANIFEST_BYTES = 1_048_576;
const MAX_RESOURCE_BYTES = 262_144;
const MAX_DOCUMENTS = 1_000;

/** A resource and where it stands. */
export interface PlacedResource {
  readonly resource: Resource;
  readonly line: number;
}

/** What a manifest holds. With an error among the problems none of its resources is to be taken. */
export interface Manifest {
  readonly resources: readonly PlacedResource[];
  readonly problems: readonly Problem[];
}

/** Says something of a place in the document. */
type Report = (severity: Problem['severity'], path: Path, reason: string) => void;

/** Reads the text of a file. Never throws: whatever it holds, the answer is resources and problems. */
export function parseManifest(text: string, file: string): Manifest {
  const problems: Problem[] = [];
  const resources: PlacedResource[] = [];
  const counter = new LineCounter();
  try {
    const documents = split(text, counter);
    for (const document of documents) {
      const where = lineOf(document, counter);
      const report: Report = (severity, path, reason) =>
        problems.push({ severity, file, line: where(path), reason });
      const resource = readDocument(document, file, { report, problems, counter });
      if (resource !== undefined) resources.push({ resource, line: where([]) });
    }
  } catch (error) {
    // an alias bomb, nesting deeper than the stack: no more is to be learned of such a file
    problems.push({ severity: 'error', file, line: 1, reason: `cannot be read: ${messageOf(error)}` });
  }
  return { resources, problems: [...problems, ...duplicates(resources, file)] };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function split(text: string, lineCounter: LineCounter): Document[] {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES)
    throw new RangeError(`larger than ${MAX_MANIFEST_BYTES} bytes`);
  const parsed = parseAllDocuments(text, { lineCounter, logLevel: 'error', prettyErrors: false });
  const documents = Array.isArray(parsed) ? (parsed as Document[]) : [];
  if (documents.length > MAX_DOCUMENTS) throw new RangeError(`more than ${MAX_DOCUMENTS} documents`);
  return documents;
}

interface Reading {
  readonly report: Report;
  readonly problems: Problem[];
  readonly counter: LineCounter;
}

function readDocument(
  document: Document,
  file: string,
  { report, problems, counter }: Reading,
): Resource | undefined {
  for (const error of document.errors) {
    const { line } = counter.linePos(error.pos[0]);
    problems.push({ severity: 'error', file, line: Math.max(1, line), reason: error.message });
  }
  if (document.errors.length > 0) return undefined;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return undefined;
  const resource = conform(value, report);
  if (resource === undefined) return undefined;
  check(resource, report);
  return resource;
}

/** The value as a resource. A field that nobody knows is a warning: it may be a typing error, or meant for others. */
function conform(value: unknown, report: Report): Resource | undefined {
  let parsed = resourceSchema.safeParse(value);
  for (let depth = 0; !parsed.success && depth < 8; depth++) {
    const unknown = parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0) break;
    for (const { path, keys } of unknown) {
      for (const key of keys) {
        report(
          'warning',
          [...path, key],
          `${formatPath([...path, key])} is not a field that is known; ignored`,
        );
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
  for (const [index, stage] of (spec.stages ?? []).entries()) {
    for (const field of ['routingRules', 'routing_rules'] as const) {
      if ((stage[field] ?? []).length > 0)
        report('error', ['spec', 'stages', index, field], `${field} of "${stage.id}" are not supported yet`);
    }
  }
  for (const [index, { condition, from, to }] of (spec.edges ?? []).entries()) {
    if (condition !== undefined && condition !== null)
      report(
        'error',
        ['spec', 'edges', index, 'condition'],
        `the condition of edge "${from}" -> "${to}" is not supported yet`,
      );
  }
}

function duplicates(placed: readonly PlacedResource[], file: string): Problem[] {
  const lines = new Map<string, number>();
  return placed.flatMap(({ resource, line }): Problem[] => {
    const key = resourceKey(resource);
    const first = lines.get(key);
    if (first === undefined) {
      lines.set(key, line);
      return [];
    }
    return [{ severity: 'error', file, line, reason: `${key} is already defined on line ${first}` }];
  });
}
