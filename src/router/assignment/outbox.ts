import type { PipelineAssignment } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';

/** The newest word to one registration on one pipeline. */
export interface Change {
  readonly pipelineId: string;
  /** Next of its registration (semantics, Versions). */
  readonly version: number;
  /** undefined: revoked. */
  readonly assignment: PipelineAssignment | undefined;
  /** Not the first word on that pipeline. */
  readonly known: boolean;
}

/**
 * What one registration is told, numbered. It holds the newest word on each pipeline alone, so a slow reader costs
 * no memory and misses no level.
 */
export class Outbox {
  readonly #changes = new Map<string, Change>();
  #version = 0;

  /** Sets what the sidecar is to run of a pipeline; the same again is not a change. @returns whether it is one. */
  set(pipelineId: string, assignment: PipelineAssignment | undefined): boolean {
    const before = this.#changes.get(pipelineId);
    if (isSame(before, assignment)) return false;
    const version = ++this.#version;
    this.#changes.set(pipelineId, {
      pipelineId,
      version,
      assignment: assignment === undefined ? undefined : { ...assignment, version },
      known: before?.assignment !== undefined,
    });
    return true;
  }

  /** The whole set: what is not in it is revoked. Revocations need not be told any more. */
  whole(): PipelineAssignment[] {
    this.applied(this.#version);
    return this.since(0).flatMap(({ assignment }) => assignment ?? []);
  }

  /** The pipelines that the sidecar is to run. */
  pipelineIds(): string[] {
    return this.since(0).flatMap(({ pipelineId, assignment }) =>
      assignment === undefined ? [] : pipelineId,
    );
  }

  /** What is newer than a version, oldest first. */
  since(version: number): Change[] {
    return [...this.#changes.values()]
      .filter((change) => change.version > version)
      .sort((a, b) => a.version - b.version);
  }

  /** Everything up to a version has been applied: revocations among it are done with. */
  applied(version: number): void {
    for (const change of this.#changes.values())
      if (change.assignment === undefined && change.version <= version)
        this.#changes.delete(change.pipelineId);
  }

  /** The highest number given. */
  get version(): number {
    return this.#version;
  }
}

function isSame(before: Change | undefined, assignment: PipelineAssignment | undefined): boolean {
  if (before?.assignment === undefined || assignment === undefined) return before?.assignment === assignment;
  return JSON.stringify(before.assignment) === JSON.stringify({ ...assignment, version: before.version });
}
