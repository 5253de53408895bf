import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Client, type ClientReadableStream, credentials, ServerCredentials } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { unary } from '../../../src/foundation/grpc/call.ts';
import {
  type Definitions,
  type Prefix,
  serviceDefinition,
} from '../../../src/foundation/grpc/definitions.ts';
import type { HeartbeatResponse__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/HeartbeatResponse.ts';
import type { LocalService } from '../../../src/foundation/grpc/gen/conveyor/sidecar/LocalService.ts';
import type { PipelineAssignment__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import type { PipelineAssignmentEvent__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { RegisterSidecarRequest } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarRequest.ts';
import type { RegisterSidecarResponse__Output } from '../../../src/foundation/grpc/gen/conveyor/sidecar/RegisterSidecarResponse.ts';
import type { SidecarHeartbeatRequest } from '../../../src/foundation/grpc/gen/conveyor/sidecar/SidecarHeartbeatRequest.ts';
import { systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { createRouter, type Router, type RouterOptions } from '../../../src/router/create-router.ts';
import { FileStore } from '../../../src/router/pipelines/store-files.ts';
import { recordLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

const CALL = { timeoutMs: 5_000 };

/** A pipeline manifest in the short form. */
export function shortForm(name: string, [source, ...rest]: readonly string[]): string {
  const sink = rest.pop();
  return `apiVersion: conveyor.etl/v1
kind: Pipeline
metadata: { name: ${name} }
spec: { source: ${source ?? ''}, steps: [${rest.join(', ')}], sink: ${sink ?? ''} }
`;
}

/** A router on a directory of its own. */
export interface TestRouter {
  readonly router: Router;
  readonly directory: string;
  readonly registry: Registry;
  write(file: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a router that ends with the test. */
export async function startRouter(
  test: TestContext,
  files: Readonly<Record<string, string>> = {},
  options: Partial<RouterOptions> = {},
): Promise<TestRouter> {
  const directory = await mkdtemp(join(tmpdir(), 'router-'));
  const write = (file: string, text: string): Promise<void> => writeFile(join(directory, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const registry = new Registry();
  const { clock = systemClock } = options;
  const router = createRouter({
    clock,
    host: '127.0.0.1',
    port: 0,
    credentials: ServerCredentials.createInsecure(),
    store: new FileStore({ directory, clock, logger: recordLog() }),
    heartbeatIntervalMs: 5_000,
    version: '1.2.3',
    logger: recordLog(),
    registry,
    ...options,
  });
  const stop = (): Promise<void> => router.stop(AbortSignal.timeout(500));
  test.after(async () => {
    await stop();
    await rm(directory, { recursive: true });
  });
  await router.start(AbortSignal.timeout(5_000));
  return { router, directory, registry, write, stop };
}

/** A service of the type that its name ends in. */
export function service(name: string, rest: LocalService = {}): LocalService {
  const word = /(source|transform|sink)$/.exec(name)?.[1]?.toUpperCase() ?? 'UNSPECIFIED';
  const serviceType = `SERVICE_TYPE_${word}` as NonNullable<LocalService['serviceType']>;
  return {
    serviceName: name,
    serviceType,
    localEndpoint: word === 'SOURCE' ? '' : `127.0.0.1:5000${name.length}`,
    ...rest,
  };
}

/** An open watch and what came by it. */
export interface TestWatch {
  readonly events: readonly PipelineAssignmentEvent__Output[];
  /** The newest assignment by pipeline, as a sidecar holds it. */
  readonly held: ReadonlyMap<string, PipelineAssignment__Output>;
  readonly ended: () => { readonly code: number } | undefined;
  synced(): Promise<unknown>;
  cancel(): void;
}

/** A sidecar of a few lines: the wire, and nothing on its own. */
export class Peer {
  readonly #client: Client;
  readonly #definition: Definitions['conveyor.sidecar.SidecarCoordinator'];
  readonly #watches: ClientReadableStream<unknown>[] = [];
  readonly id: string;
  registrationId = '';

  constructor(port: number, id: string, prefix: Prefix = 'conveyor') {
    this.id = id;
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#definition = serviceDefinition('conveyor.sidecar.SidecarCoordinator', prefix);
  }

  async register(
    services: readonly LocalService[],
    rest: RegisterSidecarRequest = {},
  ): Promise<RegisterSidecarResponse__Output> {
    const answer = await unary(
      this.#client,
      this.#definition.RegisterSidecar,
      {
        sidecarId: this.id,
        podName: `pod-${this.id}`,
        sidecarEndpoint: `${this.id}:9091`,
        instance: `instance-${this.id}`,
        localServices: [...services],
        ...rest,
      },
      CALL,
    );
    if (answer.success) this.registrationId = answer.registrationId;
    return answer;
  }

  heartbeat(rest: SidecarHeartbeatRequest = {}): Promise<HeartbeatResponse__Output> {
    const { registrationId, id: sidecarId } = this;
    return unary(this.#client, this.#definition.Heartbeat, { sidecarId, registrationId, ...rest }, CALL);
  }

  async deregister(): Promise<boolean> {
    const { registrationId, id: sidecarId } = this;
    const request = { sidecarId, registrationId, reason: 'test' };
    return (await unary(this.#client, this.#definition.DeregisterSidecar, request, CALL)).success;
  }

  watch(): TestWatch {
    const { path, requestSerialize, responseDeserialize } = this.#definition.WatchPipelineAssignments;
    const { registrationId, id: sidecarId } = this;
    const events: PipelineAssignmentEvent__Output[] = [];
    const held = new Map<string, PipelineAssignment__Output>();
    let ended: { code: number } | undefined;
    const stream = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      sidecarId,
      registrationId,
    });
    this.#watches.push(stream);
    stream.on('data', (event: PipelineAssignmentEvent__Output) => {
      events.push(event);
      const { assignment, eventType } = event;
      if (assignment === null) return;
      if (eventType === 'EVENT_TYPE_REVOKED') held.delete(assignment.pipelineId);
      else held.set(assignment.pipelineId, assignment);
    });
    stream.on('error', () => undefined);
    stream.on('status', (status: { code: number }) => {
      ended = status;
    });
    return {
      events,
      held,
      ended: () => ended,
      synced: () => waitFor(() => events.some(({ synced }) => synced), { what: 'the opening set' }),
      cancel: () => stream.cancel(),
    };
  }

  close(): void {
    for (const watch of this.#watches) watch.cancel();
    this.#client.close();
  }
}

/** A peer that ends with the test. */
export function peer(test: TestContext, { router }: TestRouter, id: string, prefix?: Prefix): Peer {
  const created = new Peer(router.port, id, prefix);
  test.after(() => created.close());
  return created;
}

/** `stage -> where it runs`, as one sidecar sees it. */
export function targets({ stages }: PipelineAssignment__Output): Record<string, string> {
  return Object.fromEntries(
    stages.map(({ stageId, localEndpoint, remoteSidecar, target }) => [
      stageId,
      target === undefined
        ? 'nowhere'
        : target === 'localEndpoint'
          ? `local ${localEndpoint ?? ''}`
          : (remoteSidecar?.sidecarId ?? ''),
    ]),
  );
}
