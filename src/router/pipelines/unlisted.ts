import type { ErrorCode } from '../../foundation/errors.ts';
import type { Resource } from '../../foundation/kubernetes/api.ts';
import type { FollowState } from '../../foundation/kubernetes/follow.ts';

/** A kind of custom resource that could not be listed yet, and what to do about it. */
export interface Unlisted {
  readonly resource: string;
  readonly reason: string;
  /** '' where it helps to wait. */
  readonly mend: string;
}

const MENDS: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: 'install the definitions of custom resources: kubectl apply --server-side -k manifests/base',
  PERMISSION_DENIED: 'bind ClusterRole conveyor-router to the service account of the router',
  UNAUTHENTICATED: 'give the router a token that the API server takes',
  FAILED_PRECONDITION: 'give the router a token of its service account',
};

/** What keeps a kind from being listed; undefined while nothing has failed. */
export function unlisted({ plural, group }: Resource, state: FollowState): Unlisted | undefined {
  if (state.ok || state.reason === 'not listed yet') return undefined;
  return { resource: `${plural}.${group}`, reason: state.reason, mend: MENDS[state.code] ?? '' };
}

/** For people, on one line. */
export function formatUnlisted({ resource, reason, mend }: Unlisted): string {
  return `${resource} cannot be listed: ${reason}${mend === '' ? '' : ` (${mend})`}`;
}
