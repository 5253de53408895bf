import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/foundation/lifecycle/clock.ts';
import { createRouter, type Router } from '../../src/router/create-router.ts';
import { FileStore } from '../../src/router/pipelines/store-files.ts';
import { recordLog } from './log.ts';

/** A router in this process, on a directory of its own. */
export interface TestRouter {
  readonly port: number;
  readonly address: string;
  readonly router: Router;
  /** Writes a manifest into its directory. */
  apply(file: string, manifest: string): Promise<void>;
  /** Ends it; the directory stays. */
  halt(): Promise<void>;
  /** Starts it again on the same port and directory, as after a crash. */
  restart(): Promise<void>;
  /** Ends it and removes the directory. */
  stop(): Promise<void>;
}

/** A chain as a manifest. */
export function chain(name: string, { source = 'src', steps = [] as string[], sink = 'store' } = {}): string {
  return `apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: ${name} }
spec: { source: ${source}, steps: [${steps.join(', ')}], sink: ${sink} }
`;
}

/** Starts a router whose heartbeats are quick, so that leases are short. */
export async function startTestRouter(manifests: Readonly<Record<string, string>> = {}): Promise<TestRouter> {
  const directory = await mkdtemp(join(tmpdir(), 'conveyor-router-'));
  const apply = (file: string, manifest: string): Promise<void> => writeFile(join(directory, file), manifest);
  for (const [file, manifest] of Object.entries(manifests)) await apply(file, manifest);
  const make = async (port: number): Promise<Router> => {
    const router = createRouter({
      host: '127.0.0.1',
      port,
      credentials: ServerCredentials.createInsecure(),
      store: new FileStore({ directory, clock: systemClock, logger: recordLog() }),
      heartbeatIntervalMs: 200,
      version: 'test',
      clock: systemClock,
      logger: recordLog(),
      registry: new Registry(),
    });
    await router.start(new AbortController().signal);
    return router;
  };
  let router: Router | undefined = await make(0);
  const { port } = router;
  const halt = async (): Promise<void> => {
    const running = router;
    router = undefined;
    await running?.stop(AbortSignal.abort());
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    get router() {
      if (router === undefined) throw new Error('the router is halted');
      return router;
    },
    apply,
    halt,
    async restart() {
      await halt();
      router = await make(port);
    },
    async stop() {
      await halt();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
