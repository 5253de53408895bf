import { join } from 'node:path';

/** The pipeline of the demo, as it is called on the wire. */
export const PIPELINE_ID = 'default/delayed-flights';

/** Minutes of delay from which the demo's pipeline keeps a flight. */
export const MIN_DELAY_MINUTES = 15;

/** How many consecutive ports a layout needs. */
export const PORT_COUNT = 20;

/** A program that runs as a process of its own. */
export interface Program {
  /** Unique; the name of its log file too. */
  readonly name: string;
  /** Arguments to Node: a file of the repository, and the program's own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A sidecar, and where to ask how it is. */
export interface SidecarProgram extends Program {
  readonly adminUrl: string;
  /** What runs in its pod, in words. */
  readonly beside: string;
}

/** Everything that the demo runs. */
export interface Layout {
  readonly router: Program & { readonly adminUrl: string };
  /** In the order of the way: source's, middle, sink's. */
  readonly sidecars: readonly [SidecarProgram, SidecarProgram, SidecarProgram];
  /** Found by the sidecars through reflection. */
  readonly services: readonly Program[];
  readonly source: Program;
  readonly pipelinesFolder: string;
  readonly database: string;
}

/** What a layout depends on. */
export interface LayoutOptions {
  /** The first of PORT_COUNT free ports. */
  readonly firstPort: number;
  /** For the pipelines and the database. */
  readonly folder: string;
  /** Infinity for all. */
  readonly records: number;
  /** Empty: the flights of 2001. */
  readonly input: string;
}

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
// so that a lease is three seconds, and a killed program is missed while the demo runs
const HEARTBEAT = { HEARTBEAT_INTERVAL_SECS: '1' };
const example = (file: string): string => join(ROOT, 'examples', file);
const url = (port: number): string => `http://127.0.0.1:${port}`;

interface Pod {
  readonly name: string;
  readonly beside: string;
  /** Of six ports: the gRPC server's, the admin server's, and four that are scanned. */
  readonly firstPort: number;
  readonly routerPort: number;
  readonly serviceNames?: string;
}

function sidecar({ name, beside, firstPort, routerPort, serviceNames = '' }: Pod): SidecarProgram {
  return {
    name,
    beside,
    adminUrl: url(firstPort + 1),
    args: [MAIN, 'run'],
    env: {
      ...HEARTBEAT,
      SIDECAR_ID: name,
      CLUSTER_ENDPOINT: `127.0.0.1:${routerPort}`,
      GRPC_PORT: String(firstPort),
      ADMIN_PORT: String(firstPort + 1),
      DISCOVERY_START_PORT: String(firstPort + 2),
      DISCOVERY_END_PORT: String(firstPort + 5),
      DISCOVERY_INTERVAL: '2s',
      SERVICE_NAMES: serviceNames,
    },
  };
}

/** Who runs where: as in a cluster of three pods, but on one machine with a range of ports for each. */
export function layout({ firstPort, folder, records, input }: LayoutOptions): Layout {
  const [routerPort, a, b, c] = [firstPort, firstPort + 2, firstPort + 8, firstPort + 14];
  const pipelinesFolder = join(folder, 'pipelines');
  const database = join(folder, 'flights.db');
  const service = (file: string, port: number, env = {}): Program => ({
    name: file,
    args: [example(`${file}.ts`)],
    env: { PORT: String(port), ...env },
  });
  return {
    pipelinesFolder,
    database,
    router: {
      name: 'router',
      adminUrl: url(routerPort + 1),
      args: [MAIN, 'router', '--pipelines', pipelinesFolder],
      env: { ...HEARTBEAT, ROUTER_PORT: String(routerPort), ADMIN_PORT: String(routerPort + 1) },
    },
    sidecars: [
      sidecar({ name: 'sidecar-a', beside: 'source', firstPort: a, routerPort }),
      sidecar({ name: 'sidecar-b', beside: 'transforms', firstPort: b, routerPort }),
      // a sink has no call that tells its name
      sidecar({
        name: 'sidecar-c',
        beside: 'sink',
        firstPort: c,
        routerPort,
        serviceNames: `${c + 2}=sink-sqlite`,
      }),
    ],
    services: [
      service('transform-delayed', b + 2),
      service('transform-airports', b + 3),
      service('sink-sqlite', c + 2, { DATABASE: database }),
    ],
    source: {
      name: 'source-flights',
      args: [
        example('source-flights/main.ts'),
        ...['--endpoint', `127.0.0.1:${a}`, '--records', Number.isFinite(records) ? String(records) : 'all'],
        ...(input === '' ? [] : ['--input', input]),
      ],
      env: {},
    },
  };
}

/** The pipeline as a user would write it. */
export const PIPELINE_YAML = `apiVersion: conveyor.etl/v1
kind: Transform
metadata: { name: transform-delayed }
spec:
  config: { minDelayMinutes: ${MIN_DELAY_MINUTES} }
---
apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: delayed-flights }
spec:
  source: source-flights
  steps: [transform-delayed, transform-airports]
  sink: sink-sqlite
`;
