import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { findFreePorts } from '../../src/demo/ports.ts';
import { waitFor } from '../support/wait.ts';
import { adminGet, conveyor, goSink, listening, type Program, python } from './processes.ts';

/** What a test reads of a sidecar's `/statusz`. */
export interface Status {
  readonly services: readonly { name: string; health: string }[];
  readonly discovery: unknown;
  readonly pipelines: readonly ({ pipeline: string; unaccounted: number; inFlight: number } & Record<
    string,
    unknown
  >)[];
}

/** A sidecar as a process, and what it says of itself. */
export interface SidecarProcess {
  readonly endpoint: string;
  status(): Promise<Status>;
  /** The ledger of a pipeline, once nothing of it is in flight. */
  ledger(pipeline: string): Promise<Status['pipelines'][number]>;
}

/**
 * A pod with the source and the transform (Python), a pod with the sink (Go), and a router: real processes that find
 * each other by themselves.
 */
export interface House {
  readonly transformPort: number;
  readonly sinkPort: number;
  readonly router: string;
  readonly source: SidecarProcess;
  readonly sink: SidecarProcess;
  /** Pushes records to the pipeline that is named as the prefix. */
  push(prefix: Prefix, records: number): Program;
}

/** A package prefix of the protocol; `-etl` for `_etl` names its pipeline. */
export type Prefix = 'conveyor' | 'conveyor_etl';

/** The pipeline whose source speaks the prefix. */
export const pipelineOf = (prefix: Prefix): string => `default/${prefix.replace('_', '-')}`;

const pipeline = (name: string): string => `---
apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: ${name} }
spec: { source: source-${name}, steps: [mask-email], sink: go-store }
`;

const MANIFESTS = `apiVersion: conveyor.etl/v1
kind: Transform
metadata: { name: mask-email }
spec: { config: { dropTypes: 'internal,test' } }
${pipeline('conveyor')}${pipeline('conveyor-etl')}`;

function sidecar(name: string, ports: readonly [number, number, number], env: Record<string, string>) {
  const [grpcPort, adminPort, servicePort] = ports;
  conveyor(['run'], {
    SIDECAR_ID: name,
    GRPC_PORT: String(grpcPort),
    ADMIN_PORT: String(adminPort),
    DISCOVERY_START_PORT: String(servicePort),
    DISCOVERY_END_PORT: String(servicePort),
    DISCOVERY_INTERVAL: '1s',
    HEARTBEAT_INTERVAL_SECS: '0.5',
    ...env,
  });
  const status = async (): Promise<Status> => JSON.parse(await adminGet(adminPort, '/statusz')) as Status;
  return {
    endpoint: `127.0.0.1:${grpcPort}`,
    status,
    ledger: (id: string) =>
      waitFor(async () =>
        (await status()).pipelines.find(({ pipeline, inFlight }) => pipeline === id && inFlight === 0),
      ),
  } satisfies SidecarProcess;
}

/** The router and both sidecars, ready, and the transform. The sink is the caller's to start, at `sinkPort`. */
export async function startHouse(): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'conveyor-interop-'));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'pipelines.yaml'), MANIFESTS);
  const first = await findFreePorts(8);
  const routerPort = first;
  const transformPort = first + 4;
  const sinkPort = first + 7;
  conveyor(['router', '--pipelines', folder], {
    ROUTER_PORT: String(routerPort),
    ADMIN_PORT: String(first + 1),
    HEARTBEAT_INTERVAL_SECS: '0.5',
  });
  const env = { CLUSTER_ENDPOINT: `127.0.0.1:${routerPort}` };
  const source = sidecar('a', [first + 2, first + 3, transformPort], env);
  const sink = sidecar('b', [first + 5, first + 6, sinkPort], {
    ...env,
    SERVICE_NAMES: `${sinkPort}=go-store`,
  });
  await listening(python('transform.py', String(transformPort)));
  for (const port of [first + 3, first + 6])
    await waitFor(() => adminGet(port, '/readyz'), { timeoutMs: 20_000, what: `a sidecar at ${port}` });
  return {
    transformPort,
    sinkPort,
    router: env.CLUSTER_ENDPOINT,
    source,
    sink,
    push: (prefix, records) =>
      python(
        'source.py',
        ...['--endpoint', source.endpoint, '--prefix', prefix, '--records', String(records)],
        ...['--source-id', `source-${prefix.replace('_', '-')}`],
      ),
  };
}

/** Starts the sink of a house, and waits until its sidecar has found it healthy. */
export async function startSink(house: House): Promise<Program> {
  const sink = await listening(goSink(house.sinkPort));
  await sinkBecomes(house, 'healthy');
  return sink;
}

/** Waits until discovery says this of the sink; 'gone': it is no service any more. */
export async function sinkBecomes(house: House, health: 'healthy' | 'unhealthy' | 'gone'): Promise<void> {
  let last: Status | undefined;
  await waitFor(
    async () => {
      last = await house.sink.status();
      return (last.services.find(({ name }) => name === 'go-store')?.health ?? 'gone') === health;
    },
    {
      timeoutMs: 20_000,
      what: () => `a sink that is ${health}: ${JSON.stringify([last?.services, last?.discovery])}`,
    },
  );
}
