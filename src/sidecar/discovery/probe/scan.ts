import type { PortReport } from '../ports.ts';
import { probePort, type ProbeOptions } from './probe.ts';

/** Ports probed at a time: a wide range must not take all file descriptors. */
const MAX_PARALLEL = 64;

/**
 * Probes all ports, many at a time. @returns a report for each port, in the given order.
 * @throws ConveyorError CANCELLED when the signal aborts.
 */
export async function scanPorts(ports: readonly number[], options: ProbeOptions): Promise<PortReport[]> {
  const reports: PortReport[] = [];
  const waiting = ports.entries();
  const work = async (): Promise<void> => {
    for (const [index, port] of waiting) reports[index] = await probePort(port, options);
  };
  const workers = Array.from({ length: Math.min(MAX_PARALLEL, ports.length) }, work);
  // also when one fails, all have closed what they opened before this ends
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return reports;
}
