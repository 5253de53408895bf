import { readFile, realpath, stat } from 'node:fs/promises';
import { ConveyorError } from '../../foundation/errors.ts';
import { Collection } from './collection.ts';
import type { PipelineDefinition } from './definition.ts';
import { listManifests } from './directory.ts';
import { generation } from './generation.ts';
import { hasErrors, type Problem } from './problem.ts';

/** What `validate` found. */
export interface ValidationReport {
  /** No error; there may be warnings. */
  readonly ok: boolean;
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly pipelines: readonly (PipelineDefinition & { readonly generation: number })[];
  /** Resources of other API groups, which were skipped. */
  readonly foreign: number;
}

/** Reads manifests, or directories of them, as the router would. Never throws for what it finds. */
export async function validateFiles(paths: readonly string[]): Promise<ValidationReport> {
  const unreadable: Problem[] = [];
  const texts = new Map<string, string>();
  const directories = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  for (const path of paths) {
    try {
      const files = await filesAt(path);
      if (files !== undefined) directories.set(path, files);
      for (const file of files ?? [path]) {
        // a directory and a file in it may both be named: one file is read once
        const real = await realpath(file);
        if (!seen.has(real)) texts.set(file, await readFile(file, 'utf8'));
        seen.add(real);
      }
    } catch (error) {
      const { message } = ConveyorError.from(error);
      unreadable.push({ severity: 'error', file: path, reason: message });
    }
  }
  const collection = new Collection();
  collection.update(texts);
  const problems = [...unreadable, ...unmeant(directories, collection), ...collection.problems()];
  return {
    ok: !hasErrors(problems),
    files: [...texts.keys()],
    problems,
    pipelines: collection
      .pipelines()
      .map(({ definition }) => ({ ...definition, generation: generation(definition) })),
    foreign: collection.foreign(),
  };
}

/** The manifests of a directory; undefined where it is none. */
async function filesAt(path: string): Promise<string[] | undefined> {
  if (!(await stat(path)).isDirectory()) return undefined;
  const files = [...(await listManifests(path)).keys()];
  if (files.length === 0)
    throw new ConveyorError('NOT_FOUND', 'no manifest (*.yaml, *.yml) is in this directory');
  return files;
}

/** Directories in which nothing is ours are hardly those that were meant. */
function unmeant(directories: ReadonlyMap<string, readonly string[]>, collection: Collection): Problem[] {
  return [...directories]
    .filter(([, files]) => files.every((file) => collection.isEmpty(file)))
    .map(([file]) => ({
      severity: 'error',
      file,
      reason: 'no Source, Transform, Sink or Pipeline is in this directory',
    }));
}
