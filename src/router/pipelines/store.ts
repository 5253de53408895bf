import type { PipelineDefinition } from './definition.ts';
import type { Problem } from './problem.ts';
import type { PipelineResource } from './schema.ts';

/** A pipeline in a store. */
export interface StoredPipeline {
  readonly definition: PipelineDefinition;
  readonly generation: number;
  readonly resource: PipelineResource;
  /** Where it stands, for people. */
  readonly origin: string;
  /** A later one has a higher number. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Where pipelines come from: a directory of files, or custom resources. */
export interface PipelineStore {
  /** What is to run now, by id. */
  pipelines(): ReadonlyMap<string, StoredPipeline>;
  /** What a person should look at. */
  problems(): readonly Problem[];
  /** Called after each change of either. Returns what ends it. */
  onChange(listener: () => void): () => void;
  /** @throws ConveyorError ALREADY_EXISTS; INVALID_ARGUMENT with everything that is wrong. */
  create(resource: PipelineResource): Promise<void>;
  /** @throws ConveyorError NOT_FOUND; INVALID_ARGUMENT; FAILED_PRECONDITION when its file is broken; what the API says. */
  update(resource: PipelineResource): Promise<void>;
  /** @throws ConveyorError NOT_FOUND; FAILED_PRECONDITION when its file is broken. */
  setEnabled(id: string, enabled: boolean): Promise<void>;
  /** @throws ConveyorError NOT_FOUND; FAILED_PRECONDITION when its file is broken. */
  remove(id: string): Promise<void>;
}
