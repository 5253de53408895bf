import { Counter, Gauge, type Registry } from 'prom-client';
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
  const registers = [registry];
  new Gauge({
    name: 'conveyor_injector_certificate_expiry_seconds',
    help: 'When a certificate ends, in seconds since 1970; `injector` is what this replica serves, `ca` and `router` only the leader knows',
    labelNames: ['certificate'],
    registers,
    collect() {
      this.reset();
      for (const [certificate, text = ''] of Object.entries(read())) {
        const cert = parsed(text);
        if (cert !== undefined) this.set({ certificate }, cert.validToDate.getTime() / 1_000);
      }
    },
  });
  const steps = new Counter({
    name: 'conveyor_injector_certificate_steps_total',
    help: 'Steps taken by this replica as leader: create, issue, stage, promote, retire',
    labelNames: ['step'],
    registers,
  });
  return { step: (step) => steps.inc({ step }) };
}
