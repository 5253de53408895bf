import { Counter, type Registry } from 'prom-client';
import { collectedMetrics } from '../../foundation/telemetry/collected.ts';
import { parsed } from './x509/certificate.ts';
import type { Step } from './rotation/plan.ts';

/** A certificate by what it is for. */
export type CertificateName = 'ca' | 'injector' | 'router';

/** Counts the steps of the rotation. */
export interface CertificateMetrics {
  step(step: Step['do']): void;
}

/**
 * Metrics of the certificates.
 * @param read the certificates that this replica knows of, PEM; the authority and the router's are the leader's.
 */
export function certificateMetrics(
  registry: Registry,
  read: () => Partial<Record<CertificateName, string>>,
): CertificateMetrics {
  collectedMetrics(registry, 'conveyor_injector').gauge(
    'certificate_expiry_seconds',
    'When a certificate ends, in seconds since 1970; `injector` is what this replica serves, `ca` and `router` only the leader knows',
    ['certificate'],
    (show) => {
      for (const [certificate, text = ''] of Object.entries(read())) {
        const cert = parsed(text);
        if (cert !== undefined) show({ certificate }, cert.validToDate.getTime() / 1_000);
      }
    },
  );
  const steps = new Counter({
    name: 'conveyor_injector_certificate_steps_total',
    help: 'Steps taken by this replica as leader: create, issue, stage, promote, retire',
    labelNames: ['step'],
    registers: [registry],
  });
  return { step: (step) => steps.inc({ step }) };
}
