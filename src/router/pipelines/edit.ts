import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Document, parseAllDocuments } from 'yaml';
import { ConveyorError } from '../../foundation/errors.ts';
import { parseManifest } from './manifest.ts';
import { hasErrors } from './problem.ts';
import type { PipelineResource } from './schema.ts';

/** What becomes of one document: undefined takes it away. */
export type DocumentEdit = (document: Document) => Document | undefined;

/** A resource as the text of a manifest. */
export function render(resource: PipelineResource): string {
  return new Document(resource).toString();
}

/** A document that holds the resource. */
export function documentOf(resource: PipelineResource): Document {
  return new Document(resource);
}

/**
 * Changes the document of one pipeline in a manifest; the others keep their text and comments.
 * @returns the new text; undefined when nothing is left of it.
 * @throws ConveyorError FAILED_PRECONDITION when the text, as it is now, is broken; NOT_FOUND without the pipeline.
 */
export function editPipeline(text: string, id: string, edit: DocumentEdit): string | undefined {
  if (hasErrors(parseManifest(text, '').problems))
    throw new ConveyorError('FAILED_PRECONDITION', 'its file is broken; mend that first');
  const parsed = parseAllDocuments(text, { logLevel: 'error' });
  const documents = Array.isArray(parsed) ? (parsed as Document[]) : [];
  const at = documents.findIndex((document) => document.contents !== null && pipelineIdOf(document) === id);
  const found = documents[at];
  if (found === undefined)
    throw new ConveyorError('NOT_FOUND', `its file no longer holds the pipeline ${id}`);
  const replaced = edit(found);
  documents.splice(at, 1, ...(replaced === undefined ? [] : [replaced]));
  const left = documents.filter(({ contents }) => contents !== null);
  return left.length === 0 ? undefined : left.map(asPart).join('');
}

function pipelineIdOf(document: Document): string | undefined {
  // the text was checked before: what conforms to the schema has strings here
  const { kind, metadata } = document.toJS() as Pick<PipelineResource, 'kind'> & {
    metadata: { name: string; namespace?: string };
  };
  return (kind as string) === 'Pipeline' ? `${metadata.namespace ?? 'default'}/${metadata.name}` : undefined;
}

function asPart(document: Document): string {
  if (document.directives !== undefined) document.directives.docStart = true;
  return document.toString();
}

/** Replaces a file at once: a reader sees the old text or the new one, also after a crash. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new ConveyorError('FAILED_PRECONDITION', `cannot write ${path}`, { cause: error });
  }
}
