import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Outcome } from './review.ts';

/** What the webhook counts. */
export interface WebhookMetrics {
  /** One admission, and how many seconds its answer took. */
  observe(outcome: Pick<Outcome, 'decision' | 'reason' | 'warnings'>, seconds: number): void;
  /** A request that was no admission, by HTTP status. */
  refused(status: number): void;
  /** What is known of the cluster's nodes. */
  native(supported: boolean | undefined): void;
}

/** Metrics of the webhook on a registry. */
export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const admissions = new Counter({
    name: 'conveyor_injector_admissions_total',
    help: 'Admissions of pods by decision (injected, skipped, error) and reason',
    labelNames: ['decision', 'reason'],
    registers,
  });
  const warnings = new Counter({
    name: 'conveyor_injector_warnings_total',
    help: 'Warnings given with an admission',
    registers,
  });
  const duration = new Histogram({
    name: 'conveyor_injector_admission_duration_seconds',
    help: 'Time from the last byte of a review to its answer',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1],
    registers,
  });
  const refusals = new Counter({
    name: 'conveyor_injector_refused_requests_total',
    help: 'Requests of the webhook that were no admission, by HTTP status',
    labelNames: ['status'],
    registers,
  });
  const native = new Gauge({
    name: 'conveyor_injector_native_sidecars',
    help: '1 where the API server and every node run native sidecars, 0 where not, -1 where it is not known',
    registers,
  });
  native.set(-1);
  return {
    observe({ decision, reason, warnings: told }, seconds) {
      admissions.inc({ decision, reason });
      warnings.inc(told.length);
      duration.observe(seconds);
    },
    refused: (status) => refusals.inc({ status: String(status) }),
    native: (supported) => native.set(supported === undefined ? -1 : Number(supported)),
  };
}
