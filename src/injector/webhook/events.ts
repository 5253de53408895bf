import type { ObjectReference } from 'kubernetes-types/core/v1.d.ts';
import type { Outcome, Subject } from './review.ts';

/** An Event, as a recorder takes it. */
export interface InjectorEvent {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly message: string;
}

const REASONS: Partial<Record<Outcome['reason'], string>> = {
  injected: 'SidecarInjected',
  container_exists: 'SidecarContainerExists',
  volume_exists: 'SidecarVolumeExists',
  host_network: 'SidecarNotOnHostNetwork',
  mirror_pod: 'SidecarNotInMirrorPod',
  windows: 'SidecarNotOnWindows',
};

/**
 * The Event that tells of an outcome; undefined where there is nothing to tell. A pod has no uid at its admission, and
 * often no name: the Event is on who makes it (a ReplicaSet, a Job), else on the pod's name.
 */
export function eventOf({ decision, reason, warnings, subject }: Outcome): InjectorEvent | undefined {
  const name = REASONS[reason];
  const regarding = subject === undefined ? undefined : regardingOf(subject);
  if (name === undefined || regarding === undefined) return undefined;
  const fine = decision === 'injected' && warnings.length === 0;
  const what = decision === 'injected' ? 'pods get the sidecar' : `pods start without the sidecar: ${reason}`;
  return {
    regarding,
    type: fine ? 'Normal' : 'Warning',
    reason: decision === 'injected' && !fine ? 'SidecarInjectedWithWarnings' : name,
    action: 'Inject',
    message: [what, ...warnings].join('; ').slice(0, 1_024),
  };
}

function regardingOf({ namespace, podName, owner }: Subject): ObjectReference | undefined {
  if (owner !== undefined) {
    const { apiVersion, kind, name, uid } = owner;
    return { apiVersion, kind, name, uid, namespace };
  }
  return podName === '' ? undefined : { apiVersion: 'v1', kind: 'Pod', name: podName, namespace };
}
