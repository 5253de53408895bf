import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { follow } from '../../foundation/kubernetes/follow.ts';
import { SECRETS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { type Certificate, holdCertificate } from '../api/certificate.ts';

/** Which Secret, of type kubernetes.io/tls, and with what. */
export interface CertificateSecretOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Follows the Secret itself: mounted, one that is made after the pod has started (as at the first install) would reach
 * it only with the kubelet's next look, more than a minute later. What is held stays when the Secret goes.
 */
export function certificateSecret(options: CertificateSecretOptions): Certificate {
  const { api, namespace, name, clock, logger } = options;
  const held = holdCertificate(`Secret ${namespace}/${name}`, logger);
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const secrets = follow<Secret>({ api, clock, logger, resource: SECRETS, selection });
  secrets.onChange(() => {
    const { data } = secrets.items().get(`${namespace}/${name}`) ?? {};
    const bytes = (key: string): Buffer => Buffer.from(data?.[key] ?? '', 'base64');
    try {
      if (data !== undefined) held.take({ certificate: bytes('tls.crt'), privateKey: bytes('tls.key') });
      else if (secrets.synced) held.complain('it is not there');
    } catch (thrown) {
      held.complain(ConveyorError.from(thrown).message);
    }
  });
  return {
    name: 'certificate',
    credentials: held.credentials,
    notAfterMs: () => held.notAfterMs(),
    start: (signal) => secrets.start(signal),
    stop: (signal) => secrets.stop(signal),
  };
}
