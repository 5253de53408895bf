import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { lineOf } from './positions.ts';
import type { Problem } from './problem.ts';
import { isForeign, readResource, type Report } from './read-resource.ts';
import { type Resource, resourceKey } from './schema.ts';

/** Largest manifest file that is read. */
const MAX_MANIFEST_BYTES = 1_048_576;
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
  /** Resources of other API groups, which are passed over. */
  readonly foreign: number;
}

/** Reads the text of a file. Never throws: whatever it holds, the answer is resources and problems. */
export function parseManifest(text: string, file: string): Manifest {
  const problems: Problem[] = [];
  const resources: PlacedResource[] = [];
  const counter = new LineCounter();
  let foreign = 0;
  try {
    const documents = split(text, counter);
    for (const document of documents) {
      const where = lineOf(document, counter);
      const report: Report = (severity, path, reason) =>
        problems.push({ severity, file, line: where(path), reason });
      const value = valueOf(document, file, { problems, counter });
      if (value === undefined) continue;
      if (isForeign(value)) {
        foreign++;
        continue;
      }
      const resource = readResource(value, report);
      if (resource !== undefined) resources.push({ resource, line: where([]) });
    }
  } catch (error) {
    // an alias bomb, nesting deeper than the stack: no more is to be learned of such a file
    problems.push({ severity: 'error', file, reason: `cannot be read: ${messageOf(error)}` });
  }
  return { resources, problems: [...problems, ...duplicates(resources, file)], foreign };
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

/** Undefined where there is none, or an error in the YAML. */
function valueOf(
  document: Document,
  file: string,
  { problems, counter }: { readonly problems: Problem[]; readonly counter: LineCounter },
): unknown {
  for (const error of document.errors) {
    const { line } = counter.linePos(error.pos[0]);
    problems.push({ severity: 'error', file, line: Math.max(1, line), reason: error.message });
  }
  if (document.errors.length > 0) return undefined;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  return value ?? undefined;
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
