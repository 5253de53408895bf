import type { OwnerReference } from 'kubernetes-types/meta/v1.d.ts';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { type Decision, isExpected, type SkipReason } from '../injection/decide.ts';
import { difference, toJsonPatch } from '../injection/patch.ts';
import type { Transformed } from '../injection/transform.ts';

/** What was decided of one admission. */
export interface Outcome {
  readonly decision: 'injected' | 'skipped' | 'error';
  /** A word; why it was skipped, or what is wrong. */
  readonly reason: 'injected' | SkipReason | 'not_a_pod' | 'failed';
  readonly warnings: readonly string[];
  /** What an Event about it can be on; undefined for a dry run, which leaves no trace. */
  readonly subject?: Subject;
}

/** The pod, as far as it has a name at its admission, and who makes it. */
export interface Subject {
  readonly namespace: string;
  readonly podName: string;
  readonly owner: OwnerReference | undefined;
}

/** An answer to the API server, and what there is to tell of it. */
export interface Reviewed {
  readonly outcome: Outcome;
  readonly body: object;
}

interface AdmissionRequest {
  readonly uid: string;
  readonly namespace?: string;
  readonly operation?: string;
  readonly dryRun?: boolean;
  readonly kind?: { readonly kind?: string };
  readonly object?: unknown;
}

/**
 * Answers an AdmissionReview (admission.k8s.io/v1). Whatever goes wrong in `transform` admits the pod as it is, with a
 * warning: a defect of ours must not keep pods from starting.
 * @throws ConveyorError MALFORMED when it is no review, so that there is no uid to answer to.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response
 */
export function review(body: unknown, transform: (pod: Pod, namespace: string) => Transformed): Reviewed {
  const request = requestOf(body);
  try {
    return answer(request, transform);
  } catch (thrown) {
    const { message } = ConveyorError.from(thrown);
    const warnings = [`the injector failed, the pod starts without a sidecar: ${message}`];
    return reviewed(request, { decision: 'error', reason: 'failed', warnings });
  }
}

function requestOf(body: unknown): AdmissionRequest {
  const { request } = (body ?? {}) as { request?: Partial<AdmissionRequest> };
  if (typeof request?.uid !== 'string' || request.uid === '')
    throw new ConveyorError('MALFORMED', 'no AdmissionReview with a request and its uid');
  return request as AdmissionRequest;
}

function answer(
  request: AdmissionRequest,
  transform: (pod: Pod, namespace: string) => Transformed,
): Reviewed {
  const { kind, operation, namespace = '', object } = request;
  if (kind?.kind !== 'Pod' || operation !== 'CREATE')
    return reviewed(request, { decision: 'skipped', reason: 'not_a_pod', warnings: [] });
  const before = object as Pod;
  const { decision, pod, warnings } = transform(before, namespace);
  const subject = request.dryRun === true ? {} : { subject: subjectOf(before, namespace) };
  if (!decision.inject) return reviewed(request, { decision: 'skipped', ...skipped(decision), ...subject });
  const patch = toJsonPatch(difference(before, pod));
  return reviewed(request, { decision: 'injected', reason: 'injected', warnings, ...subject }, patch);
}

/** Who opted in and cannot have a sidecar is told. */
function skipped({ reason, message }: Extract<Decision, { inject: false }>): Pick<Outcome, 'warnings'> & {
  readonly reason: SkipReason;
} {
  return { reason, warnings: isExpected(reason) ? [] : [`no sidecar: ${message}`] };
}

function subjectOf({ metadata = {} }: Pod, namespace: string): Subject {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return { namespace, podName: metadata.name ?? '', owner };
}

// the API server cuts longer warnings
const MAX_WARNING = 256;

function reviewed({ uid }: AdmissionRequest, outcome: Outcome, patch?: readonly object[]): Reviewed {
  const { reason } = outcome;
  const warnings = outcome.warnings.map((text) => `conveyor: ${text}`.slice(0, MAX_WARNING));
  const response = {
    uid,
    allowed: true,
    ...(warnings.length > 0 ? { warnings } : {}),
    auditAnnotations: { decision: reason },
    ...(patch === undefined
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  };
  return { outcome, body: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response } };
}
