import type { Namespace, Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';

/** Why a namespace gets what sidecars need there; undefined: it does not. */
export type Demand = 'labelled' | 'holds injected pods' | undefined;

/** Whether the namespace asks by its label. */
export function isLabelled({ metadata }: Namespace): boolean {
  return metadata?.labels?.[KEYS.inject] === 'enabled';
}

/** Whether nothing can be made in it any more. */
export function isEnding({ metadata, status }: Namespace): boolean {
  return metadata?.deletionTimestamp !== undefined || status?.phase === 'Terminating';
}

/** Whether a sidecar runs, or is about to run, in the pod. */
export function needsGrant({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  return (
    metadata?.annotations?.[KEYS.injected] !== undefined || metadata?.labels?.[KEYS.inject] === 'enabled'
  );
}
