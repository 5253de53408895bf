import { setting } from '../../foundation/config/setting.ts';
import { oneOf, path, word } from '../../foundation/config/text-types.ts';
import { duration } from '../../foundation/config/value-type.ts';

const group = 'Certificates';
const DAY_MS = 86_400_000;

/** Everything that can be set of the injector's certificates. */
export const CERTIFICATES = {
  certificates: setting({
    env: 'CERTIFICATES',
    group,
    describe: "self: the injector's own authority, made and rotated by itself; files: what is mounted",
    type: oneOf('self', 'files'),
    default: 'self',
  }),
  tlsCertFile: setting({
    env: 'TLS_CERT_FILE',
    group,
    describe: 'certificate of the webhook with files, PEM; it is read again as it changes',
    type: path,
    default: '/var/run/conveyor/tls/tls.crt',
  }),
  tlsKeyFile: setting({
    env: 'TLS_KEY_FILE',
    group,
    describe: 'its private key, PEM',
    type: path,
    default: '/var/run/conveyor/tls/tls.key',
  }),
  tlsCaFile: setting({
    env: 'TLS_CA_FILE',
    group,
    describe: 'who signed it, PEM: written to caBundle and ConfigMaps; unset: somebody else does that',
    type: path,
    default: '',
  }),
  caValidityMs: setting({
    env: 'CA_VALIDITY',
    group,
    describe: 'how long a new authority holds; it is replaced after two thirds of it',
    type: duration({ minMs: 60_000, maxMs: 3_650 * DAY_MS }),
    default: 365 * DAY_MS,
  }),
  certificateValidityMs: setting({
    env: 'CERTIFICATE_VALIDITY',
    group,
    describe: 'how long a serving certificate holds; it is renewed after two thirds of it',
    type: duration({ minMs: 30_000, maxMs: 3_650 * DAY_MS }),
    default: 30 * DAY_MS,
  }),
  caOverlapMs: setting({
    env: 'CA_OVERLAP',
    group,
    describe:
      'how long a change of what is trusted, or served, is left to reach API servers and mounted files in a rotation',
    type: duration({ minMs: 0, maxMs: DAY_MS }),
    default: 300_000,
  }),
  podUid: setting({
    env: 'POD_UID',
    group: 'Kubernetes',
    describe: 'uid of this pod: what it says of its certificate goes with it; unset: some minutes later',
    type: word,
    default: '',
  }),
  manageRbac: setting({
    env: 'MANAGE_RBAC',
    group: 'Namespaces',
    describe:
      'bind the role of sidecars in namespaces that have them; off: a component of the manifests does',
    type: oneOf('on', 'off'),
    default: 'on',
  }),
};
