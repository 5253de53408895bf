import { setting } from '../config/setting.ts';
import { path } from '../config/text-types.ts';

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
