import { setting } from '../config/setting.ts';
import { path, word } from '../config/text-types.ts';

/** How every program finds the API. */
export const KUBE_SETTINGS = {
  kubeconfigFile: setting({
    env: 'KUBECONFIG_FILE',
    flag: 'kubeconfig',
    group: 'Kubernetes',
    describe: 'kubeconfig file that tells where the API is, in place of the service account',
    type: path,
    default: '',
    defaultText: 'the service account of the pod',
  }),
};

/** What `KUBERNETES=auto` goes by, beside a kubeconfig. */
export const PRESENCE_SETTINGS = {
  kubernetesHost: setting({
    env: 'KUBERNETES_SERVICE_HOST',
    group: 'Kubernetes',
    describe: 'address of the API; the kubelet sets it in every pod, and `auto` goes by it',
    type: word,
    default: '',
    defaultText: 'not in a pod',
  }),
};

/** What tells whether a program is a part of a cluster. */
export interface Presence {
  readonly kubernetes: 'auto' | 'on' | 'off';
  readonly kubeconfigFile: string;
  readonly kubernetesHost: string;
}

/**
 * Whether a program is a part of a cluster: as it is told, else in a pod or with a kubeconfig. A token is no sign: a pod
 * without one is in a cluster that it may not ask.
 */
export function inCluster({ kubernetes, kubeconfigFile, kubernetesHost }: Presence): boolean {
  return kubernetes === 'on' || (kubernetes === 'auto' && (kubeconfigFile !== '' || kubernetesHost !== ''));
}
