import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Transformed } from '../injection/transform.ts';
import { eventOf, type InjectorEvent } from './events.ts';
import type { WebhookMetrics } from './metrics.ts';
import { type Outcome, review } from './review.ts';

/** What a webhook does with pods, and whom it tells. */
export interface WebhookOptions {
  readonly transform: (pod: Pod, namespace: string) => Transformed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: WebhookMetrics;
  readonly record: (event: InjectorEvent) => void;
}

/** Answers reviews, and tells of each in metrics, log and Events. What it returns throws MALFORMED for no review. */
export function createWebhook({ transform, ...told }: WebhookOptions): (body: unknown) => object {
  const { clock } = told;
  return (body) => {
    const startedMs = clock.now();
    const { outcome, body: answer } = review(body, transform);
    tell(outcome, (clock.now() - startedMs) / 1_000, told);
    return answer;
  };
}

function tell(
  outcome: Outcome,
  seconds: number,
  { logger, metrics, record }: Omit<WebhookOptions, 'transform'>,
): void {
  const { decision, reason, warnings, subject } = outcome;
  metrics.observe(outcome, seconds);
  const { namespace, podName, owner } = subject ?? {};
  const fields = { decision, reason, warnings, namespace, pod: podName, owner: owner?.name };
  if (decision === 'error') logger.error('admission failed', fields);
  else logger.debug('admission', fields);
  const event = eventOf(outcome);
  if (event !== undefined) record(event);
}
