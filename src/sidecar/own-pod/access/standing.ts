import type { ErrorCode } from '../../../foundation/errors.ts';

/**
 * How the sidecar stands with the API: not used; not answered yet; it tells of our pod; no token or kubeconfig; refused
 * (token, RBAC); no answer; it knows no such pod.
 */
export const STANDINGS = [
  'off',
  'starting',
  'following',
  'no-access',
  'denied',
  'unreachable',
  'no-pod',
] as const;
/** Name of a standing. */
export type StandingKind = (typeof STANDINGS)[number];

/** How the sidecar stands with the API, and why. */
export interface Standing {
  readonly kind: StandingKind;
  /** For people; '' where there is nothing to explain. */
  readonly reason: string;
}

/** What is known of the API. */
export interface Signs {
  /** Why there is no client; undefined: there is one. */
  readonly noClient: string | undefined;
  /** Whether the pods were ever listed. */
  readonly synced: boolean;
  /** The follower's failure; undefined: none. */
  readonly failure: { readonly reason: string; readonly code: ErrorCode; readonly forMs: number } | undefined;
  /** Whether the answer had our pod in it. */
  readonly found: boolean;
  /** `namespace/name`. */
  readonly pod: string;
}

/** A failure is not told before it has lasted so long: watches break, and connections too. */
export const PATIENCE_MS = 5_000;

/** How the sidecar stands with the API. Pure. */
export function standingOf({ noClient, synced, failure, found, pod }: Signs): Standing {
  if (noClient !== undefined)
    return { kind: 'no-access', reason: `no access to the Kubernetes API: ${noClient}` };
  // a token that is not there, or not any more: nobody has refused it
  if (failure?.code === 'FAILED_PRECONDITION')
    return { kind: 'no-access', reason: `no access to the Kubernetes API: ${failure.reason}` };
  if (failure?.code === 'PERMISSION_DENIED' || failure?.code === 'UNAUTHENTICATED')
    return { kind: 'denied', reason: `the Kubernetes API refuses to tell of pods: ${failure.reason}` };
  if (failure !== undefined && failure.forMs >= PATIENCE_MS)
    return { kind: 'unreachable', reason: `the Kubernetes API does not answer: ${failure.reason}` };
  if (!synced) return { kind: 'starting', reason: 'the Kubernetes API has not answered yet' };
  if (!found) return { kind: 'no-pod', reason: `the Kubernetes API knows no pod ${pod} that is this one` };
  return { kind: 'following', reason: '' };
}

/** Whether less is known than Kubernetes could tell. */
export function isDegraded({ kind }: Pick<Standing, 'kind'>): boolean {
  return kind !== 'off' && kind !== 'starting' && kind !== 'following';
}
