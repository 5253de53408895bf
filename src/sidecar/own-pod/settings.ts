import { setting } from '../../foundation/config/setting.ts';
import { oneOf, word } from '../../foundation/config/text-types.ts';
import { KUBE_SETTINGS, PRESENCE_SETTINGS } from '../../foundation/kubernetes/settings.ts';

const kubernetes = { group: 'Kubernetes' } as const;

/** What the sidecar asks Kubernetes about its pod, and what it knows without asking. */
export const OWN_POD_SETTINGS = {
  kubernetes: setting({
    ...kubernetes,
    env: 'KUBERNETES',
    describe: 'follow the own pod by the Kubernetes API: where there is one, always, never',
    type: oneOf('auto', 'on', 'off'),
    default: 'auto',
  }),
  ...KUBE_SETTINGS,
  ...PRESENCE_SETTINGS,
  podUid: setting({
    ...kubernetes,
    env: 'POD_UID',
    describe: 'uid of the pod (downward API)',
    type: word,
    default: '',
    defaultText: 'what the API says',
  }),
  nodeName: setting({
    ...kubernetes,
    env: 'NODE_NAME',
    describe: 'node of the pod (downward API)',
    type: word,
    default: '',
    defaultText: 'what the API says',
  }),
  serviceAccount: setting({
    ...kubernetes,
    env: 'SERVICE_ACCOUNT',
    describe: 'service account of the pod (downward API)',
    type: word,
    default: '',
    defaultText: 'what the API says',
  }),
  containerName: setting({
    ...kubernetes,
    env: 'CONTAINER_NAME',
    describe: "name of the sidecar's own container",
    type: word,
    default: '',
    defaultText: 'found by its ports, its variables or its image',
  }),
  discoveryScan: setting({
    ...kubernetes,
    env: 'DISCOVERY_SCAN',
    describe:
      'when the port range is scanned in a pod that declares ports: always, or while none of those is a stage',
    type: oneOf('always', 'fallback'),
    default: (_facts, _above, given) =>
      given.has('discoveryStartPort') || given.has('discoveryEndPort') ? 'always' : 'fallback',
    defaultText: 'always where the range is set, else fallback',
  }),
};
