import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConveyorError } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import { createListeners } from '../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { Collection } from './collection.ts';
import { type FileState, listManifests, MAX_FILES } from './directory.ts';
import { type DirectoryWatch, watchDirectory } from './directory-watch.ts';
import { type DocumentEdit, documentOf, editPipeline, render, writeAtomically } from './edit.ts';
import { generation } from './generation.ts';
import { formatProblem, type Problem } from './problem.ts';
import { assertValid } from './read-resource.ts';
import { type PipelineResource, resourceId } from './schema.ts';
import type { PipelineStore, StoredPipeline } from './store.ts';

/** What the store of a directory needs. */
export interface FileStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two looks at the directory when no event says that it changed: some file systems send none. */
  readonly rescanMs?: number;
  /** A file is read when it has not changed for this long: it may be half written. */
  readonly settleMs?: number;
}

/** Pipelines from the manifests of a directory, which is followed. `start` throws when it cannot be read. */
export class FileStore implements PipelineStore, Component {
  readonly name = 'pipeline store';
  readonly #options: Required<FileStoreOptions>;
  readonly #collection = new Collection();
  readonly #listeners = createListeners();
  /** As read. */
  #files = new Map<string, FileState>();
  /** What differs from `#files`, and since when it looks as it does. */
  #unsettled = new Map<string, { readonly signature: string | undefined; readonly sinceMs: number }>();
  #directoryProblem: Problem | undefined;
  #pipelines: ReadonlyMap<string, StoredPipeline> = new Map();
  #problems: readonly Problem[] = [];
  #loop: Loop | undefined;
  readonly #watch: DirectoryWatch;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FileStoreOptions) {
    this.#options = { rescanMs: 5_000, settleMs: 50, ...options };
    this.#watch = watchDirectory(options.directory, options.logger, () => this.#loop?.trigger());
  }

  async start(): Promise<void> {
    await this.#exclusive(() => this.#look(() => true));
    const { clock, rescanMs, settleMs, logger } = this.#options;
    this.#loop = startLoop({
      clock,
      tick: async () => ((await this.#exclusive(() => this.#look())) ? rescanMs : settleMs),
      onError: (error) => {
        logger.error('pipeline directory could not be followed', { error });
        return rescanMs;
      },
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    await this.#turn;
    this.#watch.close();
  }

  pipelines(): ReadonlyMap<string, StoredPipeline> {
    return this.#pipelines;
  }

  problems(): readonly Problem[] {
    return this.#problems;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.on(listener);
  }

  create(resource: PipelineResource): Promise<void> {
    return this.#exclusive(async () => {
      // first: only a name that was checked may become a path
      assertValid(resource);
      const id = resourceId(resource);
      const { namespace, name } = resource.metadata;
      const path = join(this.#options.directory, `${namespace}.${name}.yaml`);
      const taken = await stat(path).catch(() => undefined);
      if (this.#pipelines.has(id) || taken !== undefined)
        throw new ConveyorError('ALREADY_EXISTS', `pipeline ${id} exists already`);
      if (this.#files.size >= MAX_FILES)
        throw new ConveyorError('RESOURCE_EXHAUSTED', `the directory holds ${MAX_FILES} manifests`);
      await this.#write(path, render(resource));
    });
  }

  async update(resource: PipelineResource): Promise<void> {
    assertValid(resource);
    await this.#edit(resourceId(resource), () => documentOf(resource));
  }

  setEnabled(id: string, enabled: boolean): Promise<void> {
    return this.#edit(id, (document) => {
      document.setIn(['spec', 'enabled'], enabled);
      return document;
    });
  }

  remove(id: string): Promise<void> {
    return this.#edit(id, () => undefined);
  }

  #edit(id: string, edit: DocumentEdit): Promise<void> {
    return this.#exclusive(async () => {
      const stored = this.#pipelines.get(id);
      if (stored === undefined) throw new ConveyorError('NOT_FOUND', `no pipeline ${id}`);
      const text = editPipeline(await readFile(stored.origin, 'utf8'), id, edit);
      await this.#write(stored.origin, text);
    });
  }

  async #write(path: string, text: string | undefined): Promise<void> {
    if (text === undefined) await rm(path);
    else await writeAtomically(path, text);
    await this.#look((changed) => changed === path);
  }

  /**
   * Looks at the directory, and reads what has changed and settled.
   * @param whole files that are whole as they are.
   * @returns whether everything that changed was read.
   */
  async #look(whole: (path: string) => boolean = () => false): Promise<boolean> {
    const found = await this.#list();
    if (found === undefined) return true;
    const changed = [...new Set([...found.keys(), ...this.#files.keys()])].filter(
      (path) => found.get(path)?.signature !== this.#files.get(path)?.signature,
    );
    const settled = new Set(this.#settled(changed, found));
    const ready = changed.filter((path) => settled.has(path) || whole(path));
    if (ready.length > 0) await this.#take(ready, found);
    return ready.length === changed.length;
  }

  /** Which of the changed files have looked the same for long enough. */
  #settled(changed: readonly string[], found: ReadonlyMap<string, FileState>): string[] {
    const nowMs = this.#options.clock.now();
    const before = this.#unsettled;
    this.#unsettled = new Map(
      changed.map((path) => {
        const signature = found.get(path)?.signature;
        const last = before.get(path);
        return [path, last?.signature === signature && last ? last : { signature, sinceMs: nowMs }];
      }),
    );
    return changed.filter((path) => {
      const sinceMs = this.#unsettled.get(path)?.sinceMs ?? nowMs;
      return nowMs - sinceMs >= this.#options.settleMs;
    });
  }

  /** A directory that cannot be read any more is not an empty one: what runs goes on. */
  async #list(): Promise<Map<string, FileState> | undefined> {
    const before = this.#directoryProblem;
    try {
      // before the look: what comes after it is an event
      await this.#watch.renew();
      const found = await listManifests(this.#options.directory);
      this.#directoryProblem = undefined;
      if (before !== undefined) this.#publish();
      return found;
    } catch (error) {
      if (this.#loop === undefined) throw error;
      const reason = `${ConveyorError.from(error).message}; what ran goes on`;
      this.#directoryProblem = { severity: 'error', file: this.#options.directory, reason };
      if (before === undefined) this.#publish();
      return undefined;
    }
  }

  async #take(paths: readonly string[], found: ReadonlyMap<string, FileState>): Promise<void> {
    const texts = new Map<string, string | undefined>();
    for (const path of paths) {
      const state = found.get(path);
      if (state === undefined) this.#files.delete(path);
      else this.#files.set(path, state);
      try {
        texts.set(path, state === undefined ? undefined : await readFile(path, 'utf8'));
      } catch (error) {
        this.#collection.keep(path, `cannot be read: ${ConveyorError.from(error).message}`);
      }
    }
    this.#collection.update(texts);
    this.#pipelines = this.#stored();
    this.#publish();
  }

  #stored(): Map<string, StoredPipeline> {
    return new Map(
      this.#collection.pipelines().map(({ definition, resource, file }) => {
        const { createdAtMs, updatedAtMs } = this.#files.get(file) ?? { createdAtMs: 0, updatedAtMs: 0 };
        const origin = { origin: file, version: Math.floor(updatedAtMs), createdAtMs, updatedAtMs };
        return [definition.id, { definition, resource, ...origin, generation: generation(definition) }];
      }),
    );
  }

  #publish(): void {
    const ofDirectory = this.#directoryProblem === undefined ? [] : [this.#directoryProblem];
    const problems = [...ofDirectory, ...this.#collection.problems()];
    const known = new Set(this.#problems.map(formatProblem));
    for (const problem of problems) {
      if (!known.has(formatProblem(problem))) this.#options.logger.warn('manifest problem', { ...problem });
    }
    this.#problems = problems;
    this.#listeners.tell();
  }

  /** One look or change at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
