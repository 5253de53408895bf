import type { Component } from '../../../foundation/lifecycle/component.ts';

/** A port that a container declares. */
export interface ContainerPort {
  readonly number: number;
  /** '' for none. */
  readonly name: string;
}

/** One container beside the sidecar, as spec and status say. */
export interface ContainerFacts {
  readonly name: string;
  /** A native sidecar: an init container with restartPolicy Always. */
  readonly sidecar: boolean;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** Terminated, and nothing starts it again: by its exit code and the restart policy. */
  readonly ended: boolean;
  readonly ready: boolean;
  readonly hasReadinessProbe: boolean;
  readonly restarts: number;
  /** Declared TCP ports. */
  readonly ports: readonly ContainerPort[];
  /** RFC 3339: when it began to run; '' while it does not. With `restarts` it tells one run from the next. */
  readonly startedAt: string;
}

/** What Kubernetes says of the pod, as far as the sidecar acts on it. Replaced as a whole, never changed. */
export interface PodFacts {
  readonly uid: string;
  /** Our container is an init container with restartPolicy Always. */
  readonly native: boolean;
  /** Name of our container; '' when neither the configuration nor the pod tells. */
  readonly self: string;
  /** `spec.terminationGracePeriodSeconds`. */
  readonly gracePeriodMs: number;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  /**
   * The pod is to end. `atWallMs` is `deletionTimestamp` in milliseconds since 1970, which already includes the grace;
   * `graceMs` is what the deletion grants.
   */
  readonly deletion: { readonly atWallMs: number; readonly graceMs: number } | undefined;
  /** By name: all other containers, regular ones and native sidecars. */
  readonly containers: ReadonlyMap<string, ContainerFacts>;
  /** The pod's own labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** '' before it is scheduled. */
  readonly node: string;
  readonly serviceAccount: string;
  /** Its controller, such as a ReplicaSet; undefined for a bare pod. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
}

/** What Kubernetes says of this pod, followed. */
export interface OwnPod extends Component {
  /** undefined: the API does not tell: not yet, not this sidecar, or not for some seconds now. */
  facts(): PodFacts | undefined;
  /** Called after each change of the facts. @returns a function that ends it. */
  onChange(listener: () => void): () => void;
}
