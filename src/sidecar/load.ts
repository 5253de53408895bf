import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { DataPlane } from './data-plane/data-plane.ts';

/** What the process uses of the machine. */
export interface ProcessUsage {
  /** Microseconds of CPU time since its start. */
  cpuMicros(): number;
  rssBytes(): number;
  /** Undefined without a limit. */
  readonly memoryLimitBytes: number | undefined;
  readonly totalMemoryBytes: number;
}

interface Sample {
  readonly at: number;
  readonly cpuMicros: number;
}

/** How busy the sidecar is, for heartbeats; shares from 0 to 1. */
export interface Load {
  load(): { cpuUsage: number; memoryUsage: number; activeRequests: number; queueDepth: number };
  /** Totals by pipeline and stage since the start. */
  stageStats(): {
    pipelineId: string;
    stageId: string;
    records: number;
    buffered: number;
    errors: number;
    latencyMs: number;
  }[];
}

/** Reads the load off the process and the data plane. The CPU share is that of one core, since the last asking. */
export function createLoad(clock: Clock, usage: ProcessUsage, dataPlane: DataPlane): Load {
  let last: Sample = { at: clock.now(), cpuMicros: usage.cpuMicros() };
  const cpuUsage = (): number => {
    const sample = { at: clock.now(), cpuMicros: usage.cpuMicros() };
    const elapsedMicros = (sample.at - last.at) * 1_000;
    const share = elapsedMicros <= 0 ? 0 : (sample.cpuMicros - last.cpuMicros) / elapsedMicros;
    last = sample;
    return Math.min(1, Math.max(0, share));
  };
  return {
    load: () => ({
      cpuUsage: cpuUsage(),
      memoryUsage: Math.min(1, usage.rssBytes() / (usage.memoryLimitBytes ?? usage.totalMemoryBytes)),
      activeRequests: dataPlane.peerRuns + dataPlane.sourceRuns,
      queueDepth: dataPlane.buffered().reduce((sum, { records }) => sum + records, 0),
    }),
    stageStats() {
      const buffered = new Map(
        dataPlane.buffered().map((each) => [`${each.pipeline}\0${each.stage}`, each.records]),
      );
      return [...dataPlane.report()].flatMap(([pipelineId, { stages }]) =>
        [...stages].map(([stageId, totals]) => ({
          pipelineId,
          stageId,
          ...totals,
          buffered: buffered.get(`${pipelineId}\0${stageId}`) ?? 0,
        })),
      );
    },
  };
}
