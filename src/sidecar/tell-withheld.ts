import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { Offered, Withheld } from './offered.ts';

const keyOf = ({ service: { endpoint, protoService } }: Withheld): string => `${endpoint} ${protoService}`;

/** Says, by log and metric, which services are found and held back, and why: one line a change. */
export function tellWithheld(offered: Offered, logger: Logger, registry: Registry): void {
  const gauge = withheldMetric(registry);
  let before: ReadonlyMap<string, Withheld> = new Map();
  offered.onChange(() => {
    const now = new Map(offered.withheld().map((each) => [keyOf(each), each]));
    gauge.set(now.size);
    for (const [key, { service, owner, reason }] of now)
      if (before.get(key)?.reason !== reason)
        logger.info('service held back', { name: service.name, owner, reason });
    for (const [key, { service }] of before)
      if (!now.has(key)) logger.info('service held back no more', { name: service.name });
    before = now;
  });
}

/** Defines the metric on a registry. */
export function withheldMetric(registry: Registry): Gauge {
  return new Gauge({
    name: 'conveyor_sidecar_withheld_services',
    help: 'Local services that were found and are not on offer: their container is not ready, or is to be stopped.',
    registers: [registry],
  });
}
