import type { Namespace, Pod } from 'kubernetes-types/core/v1.d.ts';
import { connectKube } from '../foundation/kubernetes/client.ts';
import { KEYS } from '../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../foundation/kubernetes/api.ts';
import { NAMESPACES, PODS } from '../foundation/kubernetes/resources.ts';
import { auditPod, type AuditFinding } from './injection/audit-pod.ts';

export type { AuditFinding } from './injection/audit-pod.ts';

/** Where to look, and what is right. */
export interface AuditOptions {
  /** '' for the pod's service account. */
  readonly kubeconfigFile: string;
  /** '' for all. */
  readonly namespace: string;
  readonly systemNamespaces: readonly string[];
  /** Of the sidecars that would be injected now. */
  readonly version: string;
  /** '' where it is not known: then no image is outdated. */
  readonly image: string;
}

/** What an audit came to. */
export interface AuditReport {
  /** False when a finding is to be mended; pods that cannot have a sidecar are no such findings. */
  readonly ok: boolean;
  readonly findings: readonly AuditFinding[];
  /** Running pods that were looked at, those that did not opt in included. */
  readonly pods: number;
  readonly injected: number;
}

/**
 * Looks for pods that should have the sidecar and lack it, or have an old or changed one.
 * @throws ConveyorError of the API: PERMISSION_DENIED without the right to list pods and namespaces, UNAVAILABLE, …
 */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<AuditReport> {
  const api = await connectKube({ kubeconfig: options.kubeconfigFile });
  const [labels, pods] = await Promise.all([
    namespaceLabels(api, options, signal),
    api.list<Pod>(PODS, options.namespace === '' ? {} : { namespace: options.namespace }, signal),
  ]);
  const live = pods.items.filter(isLive);
  const findings = live.flatMap((pod) => {
    const namespace = pod.metadata?.namespace ?? '';
    const where = { ...options, namespace, namespaceLabel: labels.get(namespace) };
    return auditPod(pod, where, options) ?? [];
  });
  return {
    ok: findings.every(({ state }) => state === 'exempt'),
    findings,
    pods: live.length,
    injected: live.filter((pod) => pod.metadata?.annotations?.[KEYS.injected] !== undefined).length,
  };
}

/** What has ended, or ends now, needs no sidecar any more. */
function isLive({ metadata, status }: Pod): boolean {
  return metadata?.deletionTimestamp === undefined && !['Succeeded', 'Failed'].includes(status?.phase ?? '');
}

async function namespaceLabels(
  api: KubeApi,
  { namespace }: AuditOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string | undefined>> {
  const selection = namespace === '' ? {} : { fieldSelector: `metadata.name=${namespace}` };
  const { items } = await api.list<Namespace>(NAMESPACES, selection, signal);
  return new Map(items.map(({ metadata }) => [metadata?.name ?? '', metadata?.labels?.[KEYS.inject]]));
}
