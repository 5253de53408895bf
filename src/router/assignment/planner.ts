import type { PipelineAssignment } from '../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { Index } from '../index-by-key.ts';
import { assignPipeline, type Placement } from './assign.ts';
import type { Candidate, PipelineToPlace } from './inputs.ts';

/** One sidecar's part in one pipeline as it now is, changed or not; undefined: none any more. */
export interface AssignmentLevel {
  readonly sidecarId: string;
  readonly pipelineId: string;
  readonly assignment: PipelineAssignment | undefined;
}

const key = (namespace: string, serviceName: string): string => `${namespace}/${serviceName}`;

/**
 * Keeps the assignment of all pipelines up to date: a change recomputes the pipelines that it touches, those that
 * use a service name that the sidecar has or had. The result is that of `assign` over everything.
 */
export class Planner {
  readonly #pipelines = new Map<string, PipelineToPlace>();
  readonly #candidates = new Map<string, Candidate>();
  readonly #placements = new Map<string, Placement>();
  /** Service names to those that use them, and to those that offer them. */
  readonly #users = new Index();
  readonly #offerers = new Index();
  readonly #dirty = new Set<string>();

  /** The pipelines that are to run. Those that did not change are not placed anew. */
  setPipelines(pipelines: readonly PipelineToPlace[]): void {
    const next = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
    for (const [id, pipeline] of this.#pipelines) {
      if (isSame(next.get(id), pipeline)) continue;
      this.#users.remove(id, serviceKeys(pipeline));
      this.#pipelines.delete(id);
      this.#dirty.add(id);
    }
    for (const [id, pipeline] of next) {
      if (this.#pipelines.has(id)) continue;
      this.#pipelines.set(id, pipeline);
      this.#users.add(id, serviceKeys(pipeline));
      this.#dirty.add(id);
    }
  }

  /** A sidecar as it now is; undefined: it has gone. @returns whether that is a change. */
  setCandidate(sidecarId: string, candidate: Candidate | undefined): boolean {
    const before = this.#candidates.get(sidecarId);
    if (isSame(before, candidate)) return false;
    for (const [each, change] of [
      [before, 'remove'],
      [candidate, 'add'],
    ] as const) {
      if (each === undefined) continue;
      const offered = each.services.map(({ name }) => key(each.namespace, name));
      this.#offerers[change](sidecarId, offered);
      for (const service of offered) for (const id of this.#users.of(service)) this.#dirty.add(id);
    }
    if (candidate === undefined) this.#candidates.delete(sidecarId);
    else this.#candidates.set(sidecarId, candidate);
    return true;
  }

  /** What one sidecar is to run, by pipeline, whether or not others have been told yet. */
  assignmentsFor(sidecarId: string): Map<string, PipelineAssignment> {
    const candidate = this.#candidates.get(sidecarId);
    const ids = new Set(
      candidate?.services.flatMap(({ name }) => [...this.#users.of(key(candidate.namespace, name))]),
    );
    const found = new Map<string, PipelineAssignment>();
    for (const id of [...ids].sort()) {
      const pipeline = this.#pipelines.get(id);
      if (pipeline === undefined) continue;
      const placement = assignPipeline(pipeline, this.#candidatesOf(pipeline), sidecarId);
      const assignment = placement.assignments.get(sidecarId);
      if (assignment !== undefined) found.set(id, assignment);
    }
    return found;
  }

  /** The pipelines that `recompute` will place anew, or no more. */
  touched(): readonly string[] {
    return [...this.#dirty].sort();
  }

  /** Recomputes what was touched. @returns every part in those pipelines, and those that ended. */
  recompute(): AssignmentLevel[] {
    const touched = this.touched();
    this.#dirty.clear();
    return touched.flatMap((id) => this.#recomputeOne(id));
  }

  #recomputeOne(id: string): AssignmentLevel[] {
    const pipeline = this.#pipelines.get(id);
    const before = this.#placements.get(id)?.assignments.keys() ?? [];
    const placement = pipeline && assignPipeline(pipeline, this.#candidatesOf(pipeline));
    if (placement === undefined) this.#placements.delete(id);
    else this.#placements.set(id, placement);
    const after = placement?.assignments;
    return [...new Set([...before, ...(after?.keys() ?? [])])].map((sidecarId) => ({
      sidecarId,
      pipelineId: id,
      assignment: after?.get(sidecarId),
    }));
  }

  #candidatesOf(pipeline: PipelineToPlace): Candidate[] {
    const ids = new Set(serviceKeys(pipeline).flatMap((service) => [...this.#offerers.of(service)]));
    return [...ids].flatMap((id) => this.#candidates.get(id) ?? []);
  }

  /** How every pipeline is placed, as last computed. */
  placements(): ReadonlyMap<string, Placement> {
    return this.#placements;
  }
}

/** Both are built with their keys in one order. */
function isSame(before: unknown, after: unknown): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}

function serviceKeys({ namespace, stages }: PipelineToPlace): string[] {
  return stages.map(({ serviceName }) => key(namespace, serviceName));
}
