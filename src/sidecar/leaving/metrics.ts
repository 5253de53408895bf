import { Gauge, Histogram, type Registry } from 'prom-client';

/** What is shown of the application's preStop hooks. */
export interface HookMetrics {
  /** Counts a hook as held until it is answered. */
  held<T>(answered: Promise<T>): Promise<T>;
}

/** Defines the metrics on a registry. */
export function hookMetrics(registry: Registry): HookMetrics {
  const held = new Gauge({
    name: 'conveyor_sidecar_held_hooks',
    help: 'preStop hooks of the application that are held now: its containers wait to be stopped until the drain lets them go',
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'conveyor_sidecar_hook_hold_seconds',
    help: 'How long preStop hooks of the application were held, once they are answered',
    buckets: [0.1, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  return {
    async held(answered) {
      held.inc();
      const end = seconds.startTimer();
      try {
        return await answered;
      } finally {
        held.dec();
        end();
      }
    },
  };
}
