import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConveyorError } from '../foundation/errors.ts';
import { addUp, type Outcome } from './add-up.ts';
import { adminGet, poll } from './admin.ts';
import type { Chaos } from './chaos.ts';
import { readBack } from './database.ts';
import { type Layout, PIPELINE_ID, PIPELINE_YAML, type SidecarProgram } from './layout.ts';
import { parseLedger } from './ledger.ts';
import type { Processes } from './processes.ts';
import type { ProgressLine } from './progress.ts';
import { followSource, type SourceDone } from './source-reports.ts';
import type { Summary } from './summary.ts';

// well above what a restart, a lease and a machine under load take together
const STALL_MS = 60_000;

/** What every step works with. */
export interface RunContext {
  readonly processes: Processes;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

/** Starts all but the source, and waits until the sidecars are ready: listening, and known to the router. */
export async function startAll(plan: Layout, { processes, progress, signal }: RunContext): Promise<void> {
  await mkdir(plan.pipelinesFolder);
  await writeFile(join(plan.pipelinesFolder, 'delayed-flights.yaml'), PIPELINE_YAML);
  for (const program of [plan.router, ...plan.sidecars, ...plan.services]) processes.start(program);
  await Promise.all(plan.sidecars.map((sidecar) => ready(sidecar, signal)));
  progress.note('Running: a router, 3 sidecars, 2 transforms and a sink');
}

function ready({ name, adminUrl }: SidecarProgram, signal: AbortSignal): Promise<unknown> {
  return poll({
    ask: () => adminGet(`${adminUrl}/readyz`, signal),
    until: ({ status }) => status === 200,
    timeoutMs: 30_000,
    what: `${name} to be ready`,
    signal,
  });
}

/** Starts the source and follows it to its end; what chaos killed is up again when this resolves. */
export async function feed(
  { source, sidecars }: Layout,
  { processes, progress, signal }: RunContext,
  { chaos, total }: { readonly chaos: Chaos | undefined; readonly total: number },
): Promise<SourceDone> {
  const { stdout, exited } = processes.startPiped(source);
  const stall = watchForStall(source.name);
  const followed = followSource(stdout, ({ succeeded, failed, open }) => {
    progress.update({ done: succeeded + failed, total, inFlight: open });
    stall.at(succeeded + failed);
    chaos?.onProgress(succeeded + failed);
  });
  const done = await Promise.race([followed, stall.detected]).finally(() => stall.end());
  // should it have failed, `processes.failed` knows why
  await exited;
  if (done === undefined) throw new ConveyorError('UNAVAILABLE', `${source.name} ended before it was done`);
  await chaos?.settled();
  await Promise.all(sidecars.map((sidecar) => ready(sidecar, signal)));
  return done;
}

/** Something that hangs must end with a reason, not with the user's patience. */
function watchForStall(name: string): {
  readonly detected: Promise<never>;
  at(done: number): void;
  end(): void;
} {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const reason = `no record of ${name} was acknowledged for ${STALL_MS / 1_000} s`;
    reject(new ConveyorError('DEADLINE_EXCEEDED', reason));
  }, STALL_MS);
  let last = 0;
  return {
    detected: promise,
    at(done) {
      if (done !== last) timer.refresh();
      last = done;
    },
    end: () => clearTimeout(timer),
  };
}

/** What a run has left behind. */
export interface Finished {
  readonly input: Outcome['input'];
  readonly done: SourceDone;
  /** Names of killed programs; undefined for a run without chaos. */
  readonly kills: readonly string[] | undefined;
}

/** Asks everybody what became of the records, and adds it up. */
export async function summarise(
  { sidecars, database: file }: Layout,
  { input, done, kills }: Finished,
  signal: AbortSignal,
): Promise<Summary> {
  const ledgers = await Promise.all(sidecars.map((sidecar) => settledLedger(sidecar, signal)));
  const { read, succeeded, failed, resent, seconds, latencyMs } = done;
  const source = { read, succeeded, failed, resent };
  const outcome = { chaos: kills !== undefined, input, source, ledgers, database: readBack(file) };
  const checks = addUp(outcome);
  return {
    ...outcome,
    checks,
    addsUp: checks.every(({ ok }) => ok),
    seconds,
    recordsPerSecond: Math.round(read / seconds),
    latencyMs,
    kills: kills ?? [],
  };
}

/** The ledger once nothing is in flight any more, or as it is after ten seconds. */
async function settledLedger(
  { name, adminUrl }: SidecarProgram,
  signal: AbortSignal,
): Promise<Outcome['ledgers'][number]> {
  const ask = async (): Promise<Outcome['ledgers'][number]> => ({
    name,
    ledger: parseLedger((await adminGet(`${adminUrl}/metrics`, signal)).body, PIPELINE_ID),
  });
  const settled = poll({
    ask,
    until: ({ ledger }) => ledger.inFlight === 0,
    timeoutMs: 10_000,
    what: `${name} to have nothing in flight`,
    signal,
  });
  return settled.catch(ask);
}
