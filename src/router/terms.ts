import { ConveyorError } from '../foundation/errors.ts';
import type { Component } from '../foundation/lifecycle/component.ts';
import { createListeners } from '../foundation/lifecycle/listeners.ts';
import type { Coordination } from './api/ports.ts';
import type { PipelineToPlace } from './assignment/inputs.ts';
import type { ControlPlane } from './control-plane.ts';
import type { PipelineStore, StoredPipeline } from './pipelines/store.ts';

/** Whether this replica leads. */
export interface Leadership {
  leading(): boolean;
  /** Who leads, for people; '' when that is not known. */
  holder(): string;
  /** Called after each change of `leading`; the result ends it. */
  onChange(listener: () => void): () => void;
}

/** A router without a cluster has no other beside it. */
export const ALONE: Leadership = {
  leading: () => true,
  holder: () => '',
  onChange: () => () => undefined,
};

/** What status and metrics read of a control plane. */
export type PlaneView = Pick<ControlPlane, 'settling' | 'massLapse' | 'members' | 'placements' | 'onPlaced'>;

/** The control plane of each term in turn. */
export interface Terms extends Component, Coordination, PlaneView {
  /** @throws ConveyorError UNAVAILABLE when another replica leads, or none. */
  assertLeading(): void;
  /** Counts the running time of the term and checks its leases. To be called every `tickMs`. */
  tick(): void;
  readonly tickMs: number;
  /** Ends all watches. */
  close(): void;
}

/** What terms are made of. */
export interface TermsOptions {
  readonly leadership: Leadership;
  readonly store: PipelineStore;
  readonly newPlane: () => ControlPlane;
}

/**
 * A term begins with a control plane that knows nobody, as after a restart: state is rebuilt from the store and from
 * registrations, and until then nothing is taken from anyone (semantics, A router that has just started). A replica
 * that does not lead has one that nobody reaches and that runs nothing.
 */
export function createTerms({ leadership, store, newPlane }: TermsOptions): Terms {
  const toRun = createToRun(store);
  const listeners = createListeners<[pipelineIds: readonly string[]]>();
  const begin = (): ControlPlane => {
    const begun = newPlane();
    begun.onPlaced((ids) => listeners.tell(ids));
    return begun;
  };
  let plane = begin();
  let unfollow: (() => void)[] = [];
  const hand = (): void => {
    if (leadership.leading()) plane.setPipelines(toRun());
  };
  const turn = (): void => {
    plane.close();
    plane = begin();
    hand();
  };
  const assertLeading = (): void => {
    if (leadership.leading()) return;
    const holder = leadership.holder();
    throw new ConveyorError('UNAVAILABLE', `not the leader: ${holder === '' ? 'nobody' : holder} leads`);
  };
  const serving = (): ControlPlane => {
    assertLeading();
    return plane;
  };
  return {
    name: 'terms',
    start() {
      unfollow = [leadership.onChange(turn), store.onChange(hand)];
      hand();
      return Promise.resolve();
    },
    stop() {
      for (const end of unfollow.splice(0)) end();
      plane.close();
      return Promise.resolve();
    },
    assertLeading,
    register: (registration) => serving().register(registration),
    heartbeat: (beat) => serving().heartbeat(beat),
    watch: (who, watcher) => serving().watch(who, watcher),
    unwatch: (who, watcher) => plane.unwatch(who, watcher),
    deregister: (who, reason) => serving().deregister(who, reason),
    close: () => plane.close(),
    tick: () => plane.tick(),
    get tickMs() {
      return plane.tickMs;
    },
    get settling() {
      return plane.settling;
    },
    get massLapse() {
      return plane.massLapse;
    },
    members: () => plane.members(),
    placements: () => plane.placements(),
    onPlaced: (listener) => listeners.on(listener),
  };
}

/** Reads what is to run; what did not change is the same object, so that the planner sees it at a glance. */
function createToRun(store: PipelineStore): () => PipelineToPlace[] {
  const known = new WeakMap<StoredPipeline, PipelineToPlace>();
  const toPlace = (stored: StoredPipeline): PipelineToPlace => {
    const placed = known.get(stored) ?? { ...stored.definition, generation: stored.generation };
    known.set(stored, placed);
    return placed;
  };
  return () => [...store.pipelines().values()].filter(({ definition }) => definition.enabled).map(toPlace);
}
