import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
} from 'kubernetes-types/admissionregistration/v1.d.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { createController } from '../../../foundation/kubernetes/controller.ts';
import { follow } from '../../../foundation/kubernetes/follow.ts';
import { MUTATING_WEBHOOKS } from '../../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { type Component, group } from '../../../foundation/lifecycle/component.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import type { Leadership } from '../../ours.ts';
import type { TrustPlace } from './places.ts';

/** Which configuration, and with what. */
export interface WebhookTrustOptions {
  readonly api: KubeApi;
  /** Name of the MutatingWebhookConfiguration. */
  readonly name: string;
  readonly leader: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps `caBundle` in every entry of the webhook configuration: it is written when what is to be trusted changes, and
 * again when somebody has emptied it. All replicas follow the configuration, the leader writes.
 */
export function createWebhookTrust(options: WebhookTrustOptions): Component & TrustPlace {
  const { api, name, leader, clock } = options;
  const logger = options.logger.child('webhook-trust');
  const followed = follow<MutatingWebhookConfiguration>({
    ...{ api, clock, logger, resource: MUTATING_WEBHOOKS },
    selection: { fieldSelector: `metadata.name=${name}` },
  });
  let wanted: string | undefined;

  const reconcile = async (_key: string, signal: AbortSignal): Promise<undefined> => {
    const configuration = followed.items().get(name);
    if (wanted === undefined || configuration === undefined || !leader.leading()) return;
    const body = operations(configuration.webhooks ?? [], wanted);
    if (body.length === 0) return;
    await api.patch(MUTATING_WEBHOOKS, { name }, { type: 'json', body }, {}, signal);
    logger.info('bundle written', { configuration: name });
  };
  const controller = createController({ name: 'webhook-trust', reconcile, clock, logger });
  followed.onChange(() => controller.enqueue(name));
  leader.onChange(() => controller.enqueue(name));

  return {
    ...group('webhook trust', [followed, controller]),
    publish(bundle) {
      wanted = bundle;
      controller.enqueue(name);
    },
    shown() {
      if (!followed.synced) return undefined;
      const webhooks = followed.items().get(name)?.webhooks ?? [];
      return webhooks.map(({ clientConfig: { caBundle = '' } }) =>
        Buffer.from(caBundle, 'base64').toString(),
      );
    },
    onChange: (listener) => followed.onChange(() => listener()),
  };
}

/** Entries have no key in a JSON patch: each is tested to be the one that was seen. */
function operations(webhooks: readonly MutatingWebhook[], bundle: string): object[] {
  const value = Buffer.from(bundle).toString('base64');
  return webhooks.flatMap(({ name, clientConfig }, at) =>
    clientConfig.caBundle === value
      ? []
      : [
          { op: 'test', path: `/webhooks/${at}/name`, value: name },
          { op: 'add', path: `/webhooks/${at}/clientConfig/caBundle`, value },
        ],
  );
}
