// The figures of the project (make bench): sidecar against a plain relay and against direct calls, as ratios of one run.
// --quick: the cells with targets of their own, fewer rounds. --profile DIR: a CPU profile of the sidecar for each cell.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { planOf } from './cells.ts';
import type { CellFigures, Report } from './figures.ts';
import { idleRss } from './idle.ts';
import { imageEnv } from './image-env.ts';
import { measure, type Stand, warmUp } from './measure.ts';
import type { PathReady } from './path-process.ts';
import { missesOf, summary, table } from './print.ts';
import { buildPrograms, startProbed } from './processes.ts';
import type { RelayReady } from './relay.ts';
import type { ServicesReady } from './services.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, profile: { type: 'string' } },
});
const plan = planOf(values);
if (values.profile !== undefined) await mkdir(values.profile, { recursive: true });

buildPrograms(['services', 'path-process', 'relay']);
const services = await startProbed<ServicesReady>('services');
const endpoints = [services.ready.transform, services.ready.sink];
const stand: Stand = {
  services,
  sidecar: await startProbed<PathReady>('path-process', endpoints, imageEnv()),
  relay: await startProbed<RelayReady>('relay', endpoints),
  profiles: values.profile,
};

for (const each of [stand.sidecar, stand.relay]) await warmUp(each);
const cells: CellFigures[] = [];
for (const cell of plan.cells) {
  cells.push(await measure(stand, cell, plan));
  console.error(table(cells.slice(-1)).split('\n').at(-1));
}
for (const each of [stand.sidecar, stand.relay, services]) await each.stop();

const measured: Omit<Report, 'misses'> = {
  node: process.versions.node,
  cpus: availableParallelism(),
  rounds: plan.rounds,
  windowMs: plan.windowMs,
  cells,
  maxRssBytes: {
    sidecar: Math.max(...cells.map(({ sidecar }) => sidecar.peakRssBytes)),
    relay: Math.max(...cells.map(({ relay }) => relay.peakRssBytes)),
  },
  idleRssBytes: await idleRss(),
};
const report: Report = { ...measured, misses: missesOf(measured) };
await mkdir('dist', { recursive: true });
await writeFile('dist/bench.json', `${JSON.stringify(report, null, 2)}\n`);
console.log(`${table(cells)}\n\n${summary(report)}`);
process.exitCode = report.misses.length === 0 ? 0 : 1;
