import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { PipelineConfig } from '../../../src/foundation/grpc/gen/conveyor/router/PipelineConfig.ts';
import type { HeartbeatResponse__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { LocalService } from '../../../src/foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { RegisterSidecarRequest } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest } from '../../../src/foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import { PODS } from '../../../src/foundation/kubernetes/resources.ts';
import { runRouter } from '../../../src/router/router.ts';
import type { TestCertificates } from '../../support/certificates.ts';
import type { KubeServer } from '../../support/kube-api.ts';
import { type LoggedLine, recordLog } from '../../support/log.ts';
import { routerConfig } from '../../support/router-config.ts';
import { waitFor } from '../../support/wait.ts';

/** The namespace of the routers. */
export const SYSTEM = 'conveyor-system';

/** A router of several, in this process, on a Kubernetes API. */
export interface Replica {
  readonly pod: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly lines: readonly LoggedLine[];
  leads(): boolean;
  stop(): Promise<void>;
}

/** What a replica runs on. */
export interface Ground {
  readonly kube: KubeServer;
  readonly certificates: TestCertificates;
}

/** Starts one, and its pod. */
export async function startReplica(
  { kube, certificates }: Ground,
  pod: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Replica> {
  kube.put(PODS, { metadata: { namespace: SYSTEM, name: pod } });
  const logger = recordLog();
  const stopping = new AbortController();
  const config = routerConfig({
    KUBERNETES: 'on',
    KUBECONFIG_FILE: kube.kubeconfig(),
    NAMESPACE: SYSTEM,
    POD_NAME: pod,
    TLS_CERT_FILE: certificates.certFile,
    TLS_KEY_FILE: certificates.keyFile,
    ...env,
  });
  const ended = runRouter(config, { logger, version: 'test' }, stopping.signal);
  const listens = waitFor(() => logger.lines.find(({ message }) => message === 'router listens'));
  await Promise.race([listens, ended]);
  const { fields } = await listens;
  return {
    pod,
    port: Number(fields['port']),
    tlsPort: Number(fields['tlsPort']),
    lines: logger.lines,
    leads: () => logger.lines.findLast(({ message }) => message.startsWith('leading'))?.message === 'leading',
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Who calls a replica, and how. */
export interface CallerOptions {
  readonly token?: string;
  /** Over the plain port. */
  readonly plain?: boolean;
}

/** The calls of one sidecar, and of one who changes pipelines. */
export interface Caller {
  register(id: string, rest?: RegisterSidecarRequest): Promise<RegisterSidecarResponse__Output>;
  heartbeat(
    sidecarId: string,
    registrationId?: string,
    rest?: SidecarHeartbeatRequest,
  ): Promise<HeartbeatResponse__Output>;
  createPipeline(id: string): Promise<{ success: boolean; error: string }>;
  list(): Promise<string[]>;
  stop(): void;
}

/** Calls as pod `<namespace>/<name>`, which is the sidecar's id. */
export function caller(
  { port, tlsPort }: Replica,
  { caFile }: Pick<TestCertificates, 'caFile'>,
  { token, plain = false }: CallerOptions = {},
): Caller {
  const secure = credentials.createSsl(readFileSync(caFile));
  const client = new Client(
    `localhost:${plain ? port : tlsPort}`,
    plain ? credentials.createInsecure() : secure,
    { 'grpc.use_local_subchannel_pool': 1 },
  );
  const sidecars = serviceDefinition('conveyor.sidecar.SidecarCoordinator');
  const admin = serviceDefinition('conveyor.router.RouterAdmin');
  const settings = () => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return { timeoutMs: 5_000, metadata };
  };
  const sink: LocalService = { serviceName: 'store', serviceType: 'SERVICE_TYPE_SINK' };
  return {
    register: (id, rest = {}) => {
      const [namespace = '', podName = ''] = id.split('/');
      const request = {
        ...{ sidecarId: id, namespace, podName, instance: `instance of ${id}` },
        ...{ sidecarEndpoint: '10.0.0.1:9091', localServices: [sink] },
        ...rest,
      };
      return unary(client, sidecars.RegisterSidecar, request, settings());
    },
    heartbeat: (sidecarId, registrationId = '', rest = {}) =>
      unary(client, sidecars.Heartbeat, { sidecarId, registrationId, ...rest }, settings()),
    createPipeline: (id) => unary(client, admin.CreatePipeline, { config: pipeline(id) }, settings()),
    list: async () => {
      const { pipelines } = await unary(client, admin.ListPipelines, {}, settings());
      return pipelines.map(({ id }) => id);
    },
    stop: () => client.close(),
  };
}

function pipeline(id: string): PipelineConfig {
  return {
    ...{ id, enabled: true, edges: [{ fromStage: 'in', toStage: 'out' }] },
    stages: [
      { id: 'in', stageType: 'STAGE_TYPE_SOURCE', serviceSelector: { serviceName: 'src' } },
      { id: 'out', stageType: 'STAGE_TYPE_SINK', serviceSelector: { serviceName: 'store' } },
    ],
  };
}

/** What a TokenReview says of a token of a pod; `pod:<namespace>/<name>` and `user:<name>` are good. */
export function reviewed({ token = '' }: { readonly token?: string }): object {
  const [kind, namespace, name] = token.split(/[:/]/);
  const audiences = ['conveyor-router'];
  if (kind === 'user')
    return { authenticated: true, audiences, user: { username: namespace, groups: ['people'] } };
  if (kind !== 'pod') return { authenticated: false, error: 'the signature is wrong' };
  const extra = {
    'authentication.kubernetes.io/pod-name': [name],
    'authentication.kubernetes.io/pod-uid': [`uid of ${name ?? ''}`],
  };
  return {
    authenticated: true,
    audiences,
    user: { username: `system:serviceaccount:${namespace ?? ''}:default`, extra },
  };
}
