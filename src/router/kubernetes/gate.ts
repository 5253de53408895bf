import type { SubjectAccessReview } from 'kubernetes-types/authorization/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { SUBJECT_ACCESS_REVIEWS } from '../../foundation/kubernetes/resources.ts';
import type { Caller, Claim, Gate, IdentityFacts, PipelineAction } from '../api/ports.ts';
import type { Subject, TokenReviews } from './token-reviews.ts';

/** What a gate needs. */
export interface GateOptions {
  readonly api: KubeApi;
  readonly reviews: TokenReviews;
  /** Whether sidecars without a token are refused. */
  readonly sidecarAuth: 'required' | 'optional';
  /** Named where a token came by the plain port. */
  readonly tlsPort: number;
}

/**
 * Knows sidecars by their projected tokens, and people by theirs. A token binds a sidecar to its pod: namespace, pod
 * and `sidecar_id`, which is `<namespace>/<pod>`. Changes of pipelines take a token whose owner may change them by the
 * cluster's own rules.
 */
export function createGate({ api, reviews, sidecarAuth, tlsPort }: GateOptions): Gate {
  const subjectOf = (token: string, { secure }: Caller): Promise<Subject> => {
    if (!secure) throw refused(`a token is taken by TLS alone, on port ${tlsPort}: others can read it here`);
    return reviews.review(token);
  };
  return {
    async identify(caller, claim) {
      const token = tokenOf(caller);
      if (token !== undefined) return bound(await subjectOf(token, caller), claim);
      if (sidecarAuth === 'optional') return undefined;
      throw refused(`a sidecar needs a token of audience ${NAMES.routerAudience}, as injected ones have`);
    },
    async authorize(caller, action) {
      const token = tokenOf(caller);
      if (token === undefined)
        throw refused(
          `a change needs a token of audience ${NAMES.routerAudience}, by TLS on port ${tlsPort}; kubectl needs neither`,
        );
      await allowed(api, await subjectOf(token, caller), action);
    },
  };
}

const refused = (message: string): ConveyorError => new ConveyorError('UNAUTHENTICATED', message);

/** @throws ConveyorError UNAUTHENTICATED for an `authorization` that is no bearer token. */
function tokenOf({ metadata }: Caller): string | undefined {
  const given = metadata.get('authorization');
  if (given.length === 0) return undefined;
  const [, token] = /^bearer (\S+)$/i.exec(given.join()) ?? [];
  if (token === undefined) throw refused('authorization is not one bearer token');
  return token;
}

/** @throws ConveyorError PERMISSION_DENIED when the token is not that of the sidecar that the call speaks of. */
function bound({ username, pod }: Subject, { sidecarId, namespace, podName }: Claim): IdentityFacts {
  if (pod === undefined)
    throw new ConveyorError('PERMISSION_DENIED', `the token of ${username} is bound to no pod`);
  const own = `${pod.namespace}/${pod.pod}`;
  const said = {
    sidecar_id: [sidecarId, own],
    namespace: [namespace, pod.namespace],
    pod_name: [podName, pod.pod],
  };
  for (const [field, [claimed, proven]] of Object.entries(said)) {
    if (claimed !== undefined && claimed !== proven)
      throw new ConveyorError('PERMISSION_DENIED', `${field} is ${claimed}, the token is that of pod ${own}`);
  }
  return pod;
}

/** @throws ConveyorError PERMISSION_DENIED; UNAVAILABLE when the cluster does not answer. */
async function allowed(
  api: KubeApi,
  subject: Subject,
  { verb, namespace, name }: PipelineAction,
): Promise<void> {
  const { username: user, uid, groups, extra } = subject;
  const resourceAttributes = { group: 'conveyor.etl', resource: 'pipelines', verb, namespace, name };
  const asked: SubjectAccessReview = {
    spec: { user, uid, groups: [...groups], extra: mutable(extra), resourceAttributes },
  };
  const { status } = await api.create(SUBJECT_ACCESS_REVIEWS, asked).catch((thrown: unknown) => {
    const { message } = ConveyorError.from(thrown);
    throw new ConveyorError('UNAVAILABLE', `access cannot be reviewed now: ${message}`, { cause: thrown });
  });
  if (status?.allowed === true) return;
  const why = status?.reason === undefined || status.reason === '' ? '' : `: ${status.reason}`;
  throw new ConveyorError('PERMISSION_DENIED', `${user} may not ${verb} pipelines in ${namespace}${why}`);
}

function mutable(extra: Subject['extra']): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
}
