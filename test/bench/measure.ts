import { join } from 'node:path';
import { type Cell, nameOf, type Plan } from './cells.ts';
import { type CellFigures, type CostFigures, figuresOf, medians } from './figures.ts';
import { type Bound, directLoad, type Load, type Loaded, pushLoad } from './load.ts';
import type { PathReady } from './path-process.ts';
import type { Probed } from './processes.ts';
import type { RelayReady } from './relay.ts';
import type { ServicesReady } from './services.ts';

/** The processes of the bench. */
export interface Stand {
  readonly services: Probed<ServicesReady>;
  readonly sidecar: Probed<PathReady>;
  readonly relay: Probed<RelayReady>;
  /** Folder for a CPU profile of the sidecar in each cell; undefined: none. */
  readonly profiles: string | undefined;
}

/** A window may hold no more, however fast it goes. */
const MAX_RECORDS = 1_000_000;
const WARM_UP_MS = 300;
/** What a cell is loaded before it is measured: for a second after a change of load V8 compiles anew. */
const SETTLE_MS = 1_500;
/** What a process has to have burned before it is measured: until then much of its CPU goes into compiling. */
const WARM_CPU_US = 12_000_000;
const WARM_UP_LOADS: readonly Load[] = [
  { records: 100, inFlight: 16, partitions: 'many' },
  { records: 1, inFlight: 16, partitions: 'one' },
  { records: 1, inFlight: 1, partitions: 'one' },
];

function boundOf({ records, inFlight }: Load, ms: number): Bound {
  // every slot is used a few times, however slow it goes: the bound is then looked at too late
  return { batches: Math.max(3 * inFlight, Math.ceil(MAX_RECORDS / records)), ms };
}

/** Loads a process until it has nothing more to compile. */
export async function warmUp(process: Probed<{ port: number }>): Promise<void> {
  const loads = WARM_UP_LOADS.map((load) => ({ load, pushed: pushLoad(process.ready.port, load) }));
  while ((await process.ask({ ask: 'usage' })).cpuUs < WARM_CPU_US) {
    for (const { load, pushed } of loads) await pushed.run(boundOf(load, WARM_UP_MS));
  }
  for (const { pushed } of loads) pushed.close();
}

interface Target {
  readonly process: Probed<{ port: number }>;
  readonly load: Loaded;
}

async function round({ process, load }: Target, cell: Cell, bound: Bound): Promise<CostFigures> {
  const before = await process.ask({ ask: 'usage' });
  const window = await load.run(bound);
  const after = await process.ask({ ask: 'usage' });
  return {
    ...figuresOf(window, cell.records),
    cpuUsPerRecord: (after.cpuUs - before.cpuUs) / (window.batches * cell.records),
    peakRssBytes: after.peakRssBytes,
  };
}

async function profile(
  { process, load }: Target,
  { file, bound }: { file: string; bound: Bound },
): Promise<void> {
  await process.ask({ ask: 'profile' });
  await load.run(bound);
  await process.ask({ ask: 'profiled', file });
}

/** Measures one cell: sidecar and relay in turn, the direct calls once. */
export async function measure(stand: Stand, cell: Cell, { rounds, windowMs }: Plan): Promise<CellFigures> {
  const sidecar = { process: stand.sidecar, load: pushLoad(stand.sidecar.ready.port, cell) };
  const relay = { process: stand.relay, load: pushLoad(stand.relay.ready.port, cell) };
  const direct = directLoad(stand.services.ready, cell);
  const bound = boundOf(cell, windowMs);
  const first = boundOf(cell, SETTLE_MS);
  try {
    for (const load of [sidecar.load, relay.load, direct]) await load.run(first);
    const costs: { sidecar: CostFigures[]; relay: CostFigures[] } = { sidecar: [], relay: [] };
    for (let i = 0; i < rounds; i++) {
      costs.sidecar.push(await round(sidecar, cell, bound));
      costs.relay.push(await round(relay, cell, bound));
    }
    if (stand.profiles !== undefined) {
      await profile(sidecar, { file: join(stand.profiles, `${nameOf(cell)}.cpuprofile`), bound });
    }
    const [ours, theirs] = [medians(costs.sidecar), medians(costs.relay)];
    return {
      cell,
      sidecar: ours,
      relay: theirs,
      direct: figuresOf(await direct.run(bound), cell.records),
      ratio: ours.cpuUsPerRecord / theirs.cpuUsPerRecord,
    };
  } finally {
    for (const load of [sidecar.load, relay.load, direct]) load.close();
  }
}
