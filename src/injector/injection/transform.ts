import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { KEYS } from '../../foundation/kubernetes/annotations.ts';
import { type Decision, decide, type Where } from './decide.ts';
import { inject } from './inject.ts';
import { withinPod } from './pod-resources.ts';
import { readOptions, type SidecarDefaults, type SidecarOptions } from './options.ts';
import { hookKeyOf, uninject } from './uninject.ts';
import { graceOf, podWarnings } from './warnings.ts';

/** How pods are injected here. */
export interface InjectionContext {
  readonly defaults: SidecarDefaults;
  readonly version: string;
  readonly routerEndpoint: string;
  readonly scrape: boolean;
  /**
   * Whether the API server and every node run native sidecars. undefined, not known: a plain container, as an older
   * kubelet refuses the pod or waits for its init container for ever.
   */
  readonly native: boolean | undefined;
  /** A new value for hooks: 32 hex digits. */
  readonly newHookKey: () => string;
}

/** A pod after the decision, and what its user should know. */
export interface Transformed {
  readonly decision: Decision;
  readonly pod: Pod;
  readonly warnings: readonly string[];
}

/** Decides of a pod and injects it. Pure but for the hook's value. */
export function transform(pod: Pod, where: Where, context: InjectionContext): Transformed {
  const decision = decide(pod, where);
  if (!decision.inject) return { decision, pod, warnings: [] };
  const { options: asked, warnings } = readOptions(pod.metadata?.annotations ?? {}, context.defaults);
  const options = withinPod(asked, pod);
  const { native, newHookKey, ...plan } = context;
  const injected = inject(pod, {
    ...plan,
    options,
    native: options.mode !== 'container' && native === true,
    graceMs: graceOf(pod, options),
    // what a webhook has left of an earlier injection calls the new sidecar
    hookKey: hookKeyOf(pod) ?? newHookKey(),
  });
  return {
    decision,
    pod: injected,
    warnings: [...warnings, ...modeWarnings(options, native), ...podWarnings(pod, options)],
  };
}

/**
 * The same for a template in a file: one that was injected before is injected afresh, with the hook's value that is
 * there, so that a second run changes nothing.
 */
export function transformAgain(pod: Pod, where: Where, context: InjectionContext): Transformed {
  const key = hookKeyOf(pod);
  const result = transform(
    uninject(pod),
    where,
    key === undefined ? context : { ...context, newHookKey: () => key },
  );
  return result.decision.inject ? result : { ...result, pod };
}

function modeWarnings({ mode }: SidecarOptions, native: boolean | undefined): string[] {
  if (mode !== 'native' || native === true) return [];
  const why = native === undefined ? 'it is not known whether every node can' : 'not every node can';
  return [`${KEYS.mode}: native is not followed, a plain container is used: ${why} (Kubernetes 1.29)`];
}
