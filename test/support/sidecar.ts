import { randomUUID } from 'node:crypto';
import { resolveConfig } from '../../src/foundation/config/resolve.ts';
import { SIDECAR } from '../../src/sidecar/settings.ts';
import { type Sidecar, startSidecar } from '../../src/sidecar/sidecar.ts';
import { type LoggedLine, recordLog } from './log.ts';

/** A sidecar in this process, with its log and what its admin port shows. */
export interface TestSidecar extends Sidecar {
  readonly log: readonly LoggedLine[];
  statusz(): Promise<{
    session: { state: string };
    services: { name: string; type: string; health: string }[];
    routes: { pipeline: string; draining: boolean; stages: { stage: string; local: string | null }[] }[];
    pipelines: Record<string, number>[];
    budget: { usedBytes: number };
  }>;
  /** Status code of a page. */
  page(path: string): Promise<{ status: number; body: string }>;
  /** The sum of a series' values, over the labels that match. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

/** Starts a sidecar with the given settings, each named by its variable. */
export async function startTestSidecar(env: Readonly<Record<string, string>>): Promise<TestSidecar> {
  const resolved = resolveConfig(SIDECAR, {
    env: {
      GRPC_PORT: '0',
      ADMIN_PORT: '0',
      HEARTBEAT_INTERVAL_SECS: '0.2',
      DISCOVERY_INTERVAL: '500ms',
      ...env,
    },
    flags: {},
    facts: { memoryLimitBytes: undefined, terminal: false, uuid: randomUUID() },
  });
  if (!resolved.ok) throw new Error(resolved.problems.map(({ message }) => message).join('\n'));
  const logger = recordLog();
  const sidecar = await startSidecar(resolved.config, {
    logger,
    version: 'test',
    nodeVersion: process.version,
    instance: randomUUID(),
    usage: {
      cpuMicros: () => process.cpuUsage().user + process.cpuUsage().system,
      rssBytes: () => process.memoryUsage.rss(),
      memoryLimitBytes: undefined,
      totalMemoryBytes: 1 << 30,
    },
  });
  const page = async (path: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(`http://127.0.0.1:${sidecar.adminPort}${path}`, {
      headers: { connection: 'close' },
    });
    return { status: response.status, body: await response.text() };
  };
  return {
    ...sidecar,
    log: logger.lines,
    page,
    statusz: async () =>
      JSON.parse((await page('/statusz')).body) as Awaited<ReturnType<TestSidecar['statusz']>>,
    async metric(name, labels = {}) {
      const { body } = await page('/metrics');
      return body
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .filter((line) => Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}
