// Routing and data plane of the sidecar, in a process of their own: what is measured.
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/foundation/lifecycle/clock.ts';
import { setUpHttp2 } from '../../src/foundation/grpc/http2.ts';
import { fitHeap, letHeapGrow } from '../../src/foundation/lifecycle/heap.ts';
import { grpcServerMetrics } from '../../src/foundation/telemetry/grpc-server-metrics.ts';
import { createDataPath } from '../../src/sidecar/data-path.ts';
import type { LocalService } from '../../src/sidecar/routing/local-router.ts';
import { recordLog } from '../support/log.ts';
import { assignment } from '../support/path.ts';

/** Where the data path listens. */
export interface PathReady {
  readonly port: number;
}

// as main does
fitHeap();
setUpHttp2();
const [transformEndpoint, sinkEndpoint] = process.argv.slice(2);
if (transformEndpoint === undefined || sinkEndpoint === undefined)
  throw new Error('usage: path-process.ts TRANSFORM SINK');

const stated = {
  maxBatchSize: 0,
  maxConcurrentBatches: 0,
  supportedRecordTypes: [],
  health: 'healthy',
} as const;
const transform: LocalService = {
  ...stated,
  name: 'transform',
  type: 'transform',
  endpoint: transformEndpoint,
  protoService: 'conveyor.transform.TransformService',
};
const sink: LocalService = {
  ...stated,
  name: 'sink',
  type: 'sink',
  endpoint: sinkEndpoint,
  protoService: 'conveyor.sink.SinkService',
};

const registry = new Registry();
const path = createDataPath({
  clock: systemClock,
  logger: recordLog(),
  registry,
  pod: { services: () => [transform, sink], found: () => [transform, sink], reportCall: () => undefined },
  namespace: 'default',
  sidecarId: 'bench',
  instance: crypto.randomUUID(),
  grpcPort: 0,
  channelCredentials: credentials.createInsecure(),
  serverCredentials: ServerCredentials.createInsecure(),
  interceptors: [grpcServerMetrics(registry)],
  // the defaults of the settings
  maxMessageBytes: 16 << 20,
  stageMaxMessageBytes: 4 << 20,
  byteBudget: 64 << 20,
  batchTimeoutMs: 30_000,
  credits: 10_000,
  pushFrom: 'loopback',
});
await path.start(new AbortController().signal);
path.routes.assign(
  [
    assignment(
      'default/bench',
      [
        { id: 'source', type: 'source' },
        { id: 'transform', type: 'transform', local: transform },
        { id: 'sink', type: 'sink', local: sink },
      ],
      ['source>transform', 'transform>sink'],
    ),
  ],
  new Set(),
);
letHeapGrow();
process.send?.({ port: path.port } satisfies PathReady);
