import { isDeepStrictEqual } from 'node:util';
import { ConveyorError } from '../../foundation/errors.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { type Controller, createController } from '../../foundation/kubernetes/controller.ts';
import { jittered } from '../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { componentsOf } from '../pipelines/definition.ts';
import { CUSTOM_RESOURCES } from '../pipelines/kinds.ts';
import type { ObservedResource } from '../pipelines/resource-set.ts';
import { API_VERSION } from '../pipelines/schema.ts';
import type { PipelineStore } from '../pipelines/store.ts';
import type { RouterStatus } from '../status.ts';
import type { Leadership, PlaneView } from '../terms.ts';
import { type Observation, observeComponent, observePipeline } from './observe.ts';
import type { StatusCondition } from './status-schema.ts';

/** Who owns the fields of a status. */
const FIELD_MANAGER = 'conveyor-router';

/** What the writer reads of the store of custom resources. */
export interface Resources extends Pick<PipelineStore, 'pipelines'> {
  /** By `<Kind> <namespace>/<name>`. */
  resources(): ReadonlyMap<string, ObservedResource>;
  /** The pipelines that refer to a Source, Transform or Sink. */
  usersOf(key: string): ReadonlySet<string>;
  onResources(listener: (keys: ReadonlySet<string>) => void): () => void;
}

/** Milliseconds. */
export interface StatusWriterTimings {
  /** Between two writes of one status when no condition changes. */
  readonly intervalMs: number;
  /** Between two writes when only the message of a condition changes: it may name sidecars that come and go. */
  readonly messageMs: number;
  /** Between two writes of one status at least. */
  readonly spacingMs: number;
  /** Between two looks whether the router knows everybody. */
  readonly settlingMs: number;
}

const TIMINGS: StatusWriterTimings = {
  intervalMs: 60_000,
  messageMs: 10_000,
  spacingMs: 1_000,
  settlingMs: 1_000,
};

/** What the writer of statuses needs. */
export interface StatusWriterOptions {
  readonly api: KubeApi;
  readonly resources: Resources;
  readonly status: Pick<RouterStatus, 'report'>;
  readonly view: Pick<PlaneView, 'settling' | 'onPlaced'>;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<StatusWriterTimings>;
  readonly random?: () => number;
}

type Status = Omit<Observation, 'conditions'> & { readonly conditions: readonly StatusCondition[] };

/**
 * Keeps the status of every custom resource true while this replica leads: by server-side apply, when a condition
 * changes, else at most once a minute. While the router does not know everybody yet nothing is written: what it does
 * not know would look as if it were gone.
 */
export class StatusWriter implements Component {
  readonly name = 'status writer';
  readonly #options: StatusWriterOptions;
  readonly #timings: StatusWriterTimings;
  readonly #controller: Controller;
  /** What was written within the interval: the watch may not have shown it yet. */
  readonly #written = new Map<string, { readonly status: Status; readonly atMs: number }>();
  #unfollow: (() => void)[] = [];

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#timings = { ...TIMINGS, ...options.timings };
    const { clock, logger, random } = options;
    this.#controller = createController({
      name: this.name,
      reconcile: (key, signal) => this.#reconcile(key, signal),
      ...{ clock, logger, concurrency: 4, timings: { spacingMs: this.#timings.spacingMs } },
      ...(random === undefined ? {} : { random }),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const { resources, view, leadership } = this.#options;
    const all = (): void => this.#enqueue(resources.resources().keys());
    this.#unfollow = [
      resources.onResources((keys) => this.#enqueue(keys)),
      view.onPlaced((ids) => this.#enqueue(ids.flatMap((id) => this.#keysOf(id)))),
      leadership.onChange(all),
    ];
    await this.#controller.start(signal);
    all();
  }

  async stop(signal: AbortSignal): Promise<void> {
    for (const end of this.#unfollow.splice(0)) end();
    await this.#controller.stop(signal);
  }

  #enqueue(keys: Iterable<string>): void {
    for (const key of keys) this.#controller.enqueue(key);
  }

  #keysOf(id: string): string[] {
    const pipeline = this.#options.resources.pipelines().get(id);
    const components = pipeline === undefined ? [] : componentsOf(pipeline.resource);
    return [`Pipeline ${id}`, ...components.map(({ key }) => key)];
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<{ requeueAfterMs: number } | undefined> {
    const { resources, leadership, view, clock } = this.#options;
    const { intervalMs, settlingMs } = this.#timings;
    const observed = resources.resources().get(key);
    if (observed === undefined || !leadership.leading()) {
      this.#written.delete(key);
      return undefined;
    }
    if (view.settling) return this.#again(settlingMs);
    const observation = this.#observe(key, observed);
    // it has just come; its placement will tell
    if (observation === undefined) return undefined;
    const written = this.#written.get(key);
    const sinceMs = written === undefined ? Infinity : clock.now() - written.atMs;
    const before = written !== undefined && sinceMs < intervalMs ? written.status : statusOf(observed);
    const next = dated(observation, before, clock.wallTime());
    if (isDeepStrictEqual(next, before)) return this.#again(intervalMs);
    const leftMs = this.#distanceMs(next, before) - sinceMs;
    if (leftMs > 0) return this.#again(leftMs);
    await this.#write(observed, next, signal);
    this.#written.set(key, { status: next, atMs: clock.now() });
    return this.#again(intervalMs);
  }

  /** How long after the last write the next one may come. */
  #distanceMs(next: Status, before: Partial<Status>): number {
    if (!sameVerdict(next, before)) return 0;
    const { intervalMs, messageMs } = this.#timings;
    return isDeepStrictEqual(next.conditions, before.conditions) ? intervalMs : messageMs;
  }

  #again(afterMs: number): { requeueAfterMs: number } {
    return { requeueAfterMs: jittered(afterMs, 0.1, this.#options.random) };
  }

  #observe(key: string, observed: ObservedResource): Observation | undefined {
    const { resources, status } = this.#options;
    if (observed.kind !== 'Pipeline') {
      const users = [...resources.usersOf(key)].flatMap((id) => {
        const resource = resources.pipelines().get(id)?.resource;
        const report = status.report(id);
        return resource === undefined || report === undefined ? [] : [{ resource, report }];
      });
      const allPlaced = users.every(({ resource, report }) => report.placed || !resource.spec.enabled);
      return allPlaced ? observeComponent(observed, key, users) : undefined;
    }
    const id = key.replace('Pipeline ', '');
    const report = status.report(id);
    const isEnabled = resources.pipelines().get(id)?.definition.enabled === true;
    return isEnabled && report?.placed === false ? undefined : observePipeline(observed, report);
  }

  async #write({ kind, object }: ObservedResource, status: Status, signal: AbortSignal): Promise<void> {
    const { name = '', namespace = '', uid } = object.metadata ?? {};
    const body = {
      apiVersion: API_VERSION,
      kind,
      // of that very object, not of a later one of its name
      metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
      status,
    };
    try {
      await this.#options.api.patch(
        CUSTOM_RESOURCES[kind],
        { namespace, name },
        { type: 'apply', body, fieldManager: FIELD_MANAGER, force: true },
        { subresource: 'status' },
        signal,
      );
    } catch (error) {
      if (ConveyorError.from(error).code !== 'NOT_FOUND') throw error;
    }
  }
}

function statusOf({ object }: ObservedResource): Partial<Status> {
  return object.status ?? {};
}

/** With the times at which a condition took its status, in whole seconds as Kubernetes has them. */
function dated(observation: Observation, before: Partial<Status>, wallTimeMs: number): Status {
  const now = `${new Date(wallTimeMs).toISOString().slice(0, 19)}Z`;
  const { observedGeneration } = observation;
  return {
    ...observation,
    conditions: observation.conditions.map((each) => {
      const last = before.conditions?.find(({ type }) => type === each.type);
      const lastTransitionTime = last?.status === each.status ? last.lastTransitionTime : now;
      return { ...each, lastTransitionTime, observedGeneration };
    }),
  };
}

/** Whether both say the same of the same generation; messages, replicas and records may differ. */
function sameVerdict(next: Status, before: Partial<Status>): boolean {
  const verdict = ({ observedGeneration, conditions = [], running }: Partial<Status>): unknown[] => [
    observedGeneration,
    running,
    conditions.map(({ type, status, reason }) => [type, status, reason]),
  ];
  return isDeepStrictEqual(verdict(next), verdict(before));
}
