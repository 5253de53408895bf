import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConveyorError } from '../foundation/errors.ts';
import { aborted } from '../foundation/lifecycle/aborted.ts';
import { Chaos } from './chaos.ts';
import { countInput } from './input.ts';
import { type Layout, layout, PORT_COUNT, type Program } from './layout.ts';
import { findFreePorts } from './ports.ts';
import { type Host, Processes } from './processes.ts';
import { type Output, ProgressLine } from './progress.ts';
import { feed, startAll, summarise } from './steps.ts';
import type { DemoConfig } from './settings.ts';
import { renderSummary } from './summary.ts';

/** What the demo needs of the process edge. */
export interface DemoIo extends Host {
  readonly stdout: Output;
  readonly stderr: Output;
}

const STOP_GRACE_MS = 5_000;

/**
 * Runs the demo: real processes, real data, a summary that adds up. Everything that it started has ended
 * when it resolves.
 * @returns the exit code: 0 only if it adds up, 130 when the signal ended it before the summary.
 */
export async function runDemo(options: DemoConfig, io: DemoIo, signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'conveyor-demo-'));
  const processes = new Processes(io, folder);
  // progress is not part of what a program would read
  const progress = new ProgressLine(options.output === 'json' ? io.stderr : io.stdout);
  let code = 1;
  try {
    code = await run({ options, io, signal, folder, processes, progress });
  } catch (error) {
    progress.clear();
    if (signal.aborted) code = 130;
    else await reportFailure(io, processes, ConveyorError.from(error));
  } finally {
    await processes.stop(STOP_GRACE_MS);
    if (code === 1 && processes.anyStarted) io.stderr.write(`The logs are in ${folder}\n`);
    else await rm(folder, { recursive: true, force: true });
  }
  return code;
}

interface Run {
  readonly options: DemoConfig;
  readonly io: DemoIo;
  readonly signal: AbortSignal;
  readonly folder: string;
  readonly processes: Processes;
  readonly progress: ProgressLine;
}

async function run(context: Run): Promise<number> {
  const { options, io, signal, folder, processes, progress } = context;
  const guarded = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, processes.failed, stopped(signal)]);
  progress.note('Reading the input ...');
  const input = await guarded(countInput(options.records, options.input));
  const plan = layout({ ...options, folder, firstPort: await findFreePorts(PORT_COUNT) });
  await guarded(startAll(plan, context));
  const chaos = options.chaos ? chaosOf(plan, context, input.flights) : undefined;
  const done = await guarded(feed(plan, context, { chaos, total: input.flights }));
  const summary = await guarded(summarise(plan, { input, done, kills: chaos?.kills }, signal));
  progress.clear();
  io.stdout.write(options.output === 'json' ? `${JSON.stringify(summary)}\n` : `\n${renderSummary(summary)}`);
  if (options.keepRunning) await keepRunning(plan, context);
  return summary.addsUp ? 0 : 1;
}

function chaosOf({ router, sidecars }: Layout, { processes, progress }: Run, total: number): Chaos {
  const victims = {
    middle: sidecars[1],
    router,
    kill: (name: string) => processes.kill(name),
    start: (program: Program) => processes.start(program),
    onKill: (name: string) => progress.note(`SIGKILL to ${name}; starting it again`),
  };
  return new Chaos(victims, total);
}

async function keepRunning(
  { router, sidecars, database }: Layout,
  { io, signal, processes }: Run,
): Promise<void> {
  const lines = [router, ...sidecars].map(
    ({ name, adminUrl }) => `  ${name}  ${adminUrl}/metrics  ${adminUrl}/statusz\n`,
  );
  io.stderr.write(`Still running, until Ctrl-C:\n${lines.join('')}  database  ${database}\n`);
  await Promise.race([stopped(signal), processes.failed]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Rejects when the demo is told to stop. */
async function stopped(signal: AbortSignal): Promise<never> {
  await aborted(signal);
  throw new ConveyorError('CANCELLED', 'the demo was stopped');
}

async function reportFailure(
  { stderr }: DemoIo,
  processes: Processes,
  { message }: ConveyorError,
): Promise<void> {
  stderr.write(`The demo failed: ${message}\n`);
  const { failedName } = processes;
  if (failedName === undefined) return;
  stderr.write(`The last lines of ${failedName}.log:\n${await processes.logTail(failedName)}\n`);
}
