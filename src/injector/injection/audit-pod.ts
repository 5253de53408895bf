import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import { decide, isExpected, isInjected, sidecarIn, type SkipReason, type Where } from './decide.ts';
import { fingerprint, injectedOf } from './fingerprint.ts';

/** What is wrong with a pod, or why it can have no sidecar (`exempt`). */
export interface AuditFinding {
  readonly namespace: string;
  readonly pod: string;
  /** `ReplicaSet/mask-5d9c`; '' for a pod that nothing made. */
  readonly owner: string;
  readonly state: 'missing' | 'outdated' | 'altered' | 'exempt';
  readonly reason: 'not_injected' | 'version' | 'image' | 'changed' | 'unreadable' | SkipReason;
  /** What to know or to do. */
  readonly message: string;
}

/** What a sidecar that is injected now has. */
export interface Wanted {
  readonly version: string;
  /** '' where it is not known. */
  readonly image: string;
}

type Verdict = Pick<AuditFinding, 'state' | 'reason' | 'message'>;

/** What there is to say of one pod; undefined when it is as it should be, or never asked for a sidecar. */
export function auditPod(pod: Pod, where: Where, wanted: Wanted): AuditFinding | undefined {
  const verdict = isInjected(pod) ? ofInjected(pod, wanted) : ofOther(pod, where);
  if (verdict === undefined) return undefined;
  const { name = '', ownerReferences = [] } = pod.metadata ?? {};
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return {
    namespace: where.namespace,
    pod: name,
    owner: owner === undefined ? '' : `${owner.kind}/${owner.name}`,
    ...verdict,
  };
}

function ofOther(pod: Pod, where: Where): Verdict | undefined {
  const decision = decide(pod, where);
  if (decision.inject)
    return {
      state: 'missing',
      reason: 'not_injected',
      message: 'it is older than the label, or started while no injector answered: restart it',
    };
  const { reason, message } = decision;
  return isExpected(reason) ? undefined : { state: 'exempt', reason, message };
}

function ofInjected(pod: Pod, wanted: Wanted): Verdict | undefined {
  const mark = injectedOf(pod);
  if (mark === undefined)
    return {
      state: 'altered',
      reason: 'unreadable',
      message: `the annotation ${KEYS.injected} is unreadable`,
    };
  if (mark.hash !== fingerprint(pod))
    return {
      state: 'altered',
      reason: 'changed',
      message: 'the sidecar is not as it was injected: another webhook, or somebody by hand',
    };
  if (mark.version !== wanted.version)
    return {
      state: 'outdated',
      reason: 'version',
      message: `injected by ${mark.version}, this is ${wanted.version}: restart it`,
    };
  return ofImage(pod, wanted);
}

function ofImage(pod: Pod, { image: wanted }: Wanted): Verdict | undefined {
  if (wanted === '' || pod.metadata?.annotations?.[KEYS.image] !== undefined) return undefined;
  const image = sidecarIn(pod)?.image ?? '';
  return image === wanted
    ? undefined
    : { state: 'outdated', reason: 'image', message: `it runs ${image}, not ${wanted}: restart it` };
}
