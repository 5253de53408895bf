import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConveyorError } from '../../foundation/errors.ts';

/** A directory with more is not read. */
export const MAX_FILES = 1_000;

/** One file at one moment. */
export interface FileState {
  /** Another one means another content. */
  readonly signature: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const isManifest = (name: string): boolean => /^(?!kustomization\.)[^.].*\.ya?ml$/i.test(name);

/**
 * The manifests of a directory, by path in byte order; subdirectories, hidden files and what names the files for
 * kustomize are not read.
 * @throws ConveyorError FAILED_PRECONDITION when the directory cannot be read, or holds too many.
 */
export async function listManifests(directory: string): Promise<Map<string, FileState>> {
  const names = await readdir(directory).catch(unreadable(directory));
  const manifests = names.filter(isManifest).sort();
  if (manifests.length > MAX_FILES)
    throw new ConveyorError('FAILED_PRECONDITION', `more than ${MAX_FILES} manifests in ${directory}`);
  const found = new Map<string, FileState>();
  for (const name of manifests) {
    const path = join(directory, name);
    const state = await fileState(path);
    if (state !== undefined) found.set(path, state);
  }
  return found;
}

/** Says which directory it is that cannot be read. */
export function unreadable(directory: string): (cause: unknown) => never {
  return (cause) => {
    throw new ConveyorError('FAILED_PRECONDITION', `cannot read the directory ${directory}`, { cause });
  };
}

async function fileState(path: string): Promise<FileState | undefined> {
  // gone between the listing and now, or a link into nowhere
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  const { ino, size, ctimeMs, birthtimeMs: createdAtMs, mtimeMs: updatedAtMs } = stats;
  return { signature: `${ino}:${size}:${ctimeMs}`, createdAtMs, updatedAtMs };
}
