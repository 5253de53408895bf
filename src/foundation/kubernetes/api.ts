import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

/** Where the API serves a kind of object. */
export interface Resource {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Any object, as JSON has it: timestamps are text. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** Names one object; without a namespace for what has none. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** Names a set of objects; without a namespace those of all. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** A list, and the version of the state that it shows. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** One line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Where a watch begins and when the server ends it. */
export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
}

/** A change of parts of an object. */
export type Patch =
  | { readonly type: 'merge'; readonly body: object }
  | { readonly type: 'json'; readonly body: readonly object[] }
  /** Server-side apply: the body is all that `fieldManager` has an opinion of. */
  | {
      readonly type: 'apply';
      readonly body: object;
      readonly fieldManager: string;
      readonly force?: boolean;
    };

/** What is written beside the object itself. */
export interface WriteOptions {
  /** Only this part: `status`, `eviction`, `token`, … */
  readonly subresource?: string;
  /** Checked and admitted, not stored. */
  readonly dryRun?: boolean;
}

/**
 * The Kubernetes API. Every call ends within the client's deadline or when the signal aborts.
 * All throw ConveyorError: FAILED_PRECONDITION (no token to show), UNAUTHENTICATED (401), PERMISSION_DENIED (403),
 * NOT_FOUND (404), ALREADY_EXISTS and ABORTED (409: exists, conflict), OUT_OF_RANGE (410: the version is too old, list
 * again), INVALID_ARGUMENT (400, 422), RESOURCE_EXHAUSTED (429), UNAVAILABLE (5xx, no connection), DEADLINE_EXCEEDED,
 * CANCELLED; the message is the server's.
 */
export interface KubeApi {
  get<T extends KubeObject>(resource: Resource, name: ObjectName, signal?: AbortSignal): Promise<T>;
  list<T extends KubeObject>(
    resource: Resource,
    selection: Selection,
    signal?: AbortSignal,
  ): Promise<ObjectList<T>>;
  /** A list, some hundred objects at a time, for those who keep little of each: a cluster may have very many. */
  pages<T extends KubeObject>(
    resource: Resource,
    selection: Selection,
    signal?: AbortSignal,
  ): AsyncIterable<ObjectList<T>>;
  /**
   * Ends when the server ends it; a line that is too long, or no JSON, is MALFORMED. A first bookmark, of the version
   * that it begins at, says that the server has accepted it.
   */
  watch<T extends KubeObject>(
    resource: Resource,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** The object's own metadata says where; returns what was stored (a review's answer, too). */
  create<T extends KubeObject>(
    resource: Resource,
    object: T,
    options?: WriteOptions,
    signal?: AbortSignal,
  ): Promise<T>;
  /** Replaces; with a resourceVersion in it only that version, else ABORTED. */
  update<T extends KubeObject>(
    resource: Resource,
    object: T,
    options?: WriteOptions,
    signal?: AbortSignal,
  ): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource,
    name: ObjectName,
    patch: Patch,
    options?: WriteOptions,
    signal?: AbortSignal,
  ): Promise<T>;
  delete(resource: Resource, name: ObjectName, signal?: AbortSignal): Promise<void>;
  /** `GET /version`. */
  version(signal?: AbortSignal): Promise<{ major: string; minor: string; gitVersion: string }>;
}
