import { definePipelines, type PipelineDefinition } from './definition.ts';
import { type Manifest, type PlacedResource, parseManifest } from './manifest.ts';
import { hasErrors, type Problem } from './problem.ts';
import { type PipelineResource, resourceId, resourceKey } from './schema.ts';

/** A pipeline as it is to run, and where it comes from. */
export interface DefinedPipeline {
  readonly definition: PipelineDefinition;
  readonly resource: PipelineResource;
  readonly file: string;
}

interface Source {
  /** What runs: the last text of the file that was taken. */
  taken: readonly PlacedResource[];
  /** A newer text that has no error of its own. */
  candidate: Manifest | undefined;
  problems: readonly Problem[];
  /** Resources of other API groups in the newest text. */
  foreign: number;
}

/**
 * The resources of several manifests. A text that is broken, or defines what another file defines, is reported and
 * changes nothing: the last one that was taken stays.
 */
export class Collection {
  readonly #sources = new Map<string, Source>();

  /** Sets the texts of files that changed; undefined: the file is gone. */
  update(texts: ReadonlyMap<string, string | undefined>): void {
    for (const [file, text] of texts) {
      if (text === undefined) this.#sources.delete(file);
      else this.#read(file, text);
    }
    this.#takeCandidates();
  }

  #read(file: string, text: string): void {
    const manifest = parseManifest(text, file);
    const { taken } = this.#sources.get(file) ?? { taken: [] };
    const candidate = hasErrors(manifest.problems) ? undefined : manifest;
    const { problems, foreign } = manifest;
    this.#sources.set(file, { taken, candidate, problems, foreign });
  }

  /** The file is there, but its text cannot be had: what it held stays. */
  keep(file: string, reason: string): void {
    const { taken, foreign } = this.#sources.get(file) ?? { taken: [], foreign: 0 };
    const problems: Problem[] = [{ severity: 'error', file, reason }];
    this.#sources.set(file, { taken, candidate: undefined, problems, foreign });
  }

  /** Until nothing more fits: a resource that moves from one file to another may come before it has gone. */
  #takeCandidates(): void {
    for (let progress = true; progress;) {
      progress = false;
      for (const [file, source] of this.#sources) {
        if (source.candidate === undefined) continue;
        const { resources, problems } = source.candidate;
        const collisions = this.#collisions(file, resources);
        source.problems = [...problems, ...collisions];
        if (collisions.length > 0) continue;
        source.taken = resources;
        source.candidate = undefined;
        progress = true;
      }
    }
  }

  #collisions(file: string, resources: readonly PlacedResource[]): Problem[] {
    const owners = new Map<string, string>();
    for (const [owner, { taken }] of this.#sources) {
      if (owner !== file) for (const { resource } of taken) owners.set(resourceKey(resource), owner);
    }
    return resources.flatMap(({ resource, line }): Problem[] => {
      const owner = owners.get(resourceKey(resource));
      if (owner === undefined) return [];
      const reason = `${resourceKey(resource)} is already defined in ${owner}`;
      return [{ severity: 'error', file, line, reason }];
    });
  }

  /** Everything that a person should look at, by file. */
  problems(): Problem[] {
    return [...this.#sources.values()].flatMap(({ problems }) => problems);
  }

  /** Whether a file holds nothing that is, or was meant to be, for the router. */
  isEmpty(file: string): boolean {
    const { taken, problems } = this.#sources.get(file) ?? { taken: [], problems: [] };
    return taken.length === 0 && !hasErrors(problems);
  }

  /** How many resources of other API groups the files hold. */
  foreign(): number {
    return [...this.#sources.values()].reduce((sum, { foreign }) => sum + foreign, 0);
  }

  /** The pipelines that are to run, each with the file that it stands in. */
  pipelines(): DefinedPipeline[] {
    const placed = [...this.#sources].flatMap(([file, { taken }]) =>
      taken.map(({ resource }) => ({ file, resource })),
    );
    const definitions = new Map(
      definePipelines(placed.map(({ resource }) => resource)).map((definition) => [
        definition.id,
        definition,
      ]),
    );
    return placed.flatMap(({ file, resource }) => {
      const definition = definitions.get(resourceId(resource));
      return resource.kind === 'Pipeline' && definition !== undefined ? [{ definition, resource, file }] : [];
    });
  }
}
