import type { Metadata } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import type { PipelineStatus } from '../../foundation/grpc/gen/conveyor/router/PipelineStatus.ts';
import type { RouterAdminHandlers } from '../../foundation/grpc/gen/conveyor/router/RouterAdmin.ts';
import type { StageStatus } from '../../foundation/grpc/gen/conveyor/router/StageStatus.ts';
import type { PipelineStore, StoredPipeline } from '../pipelines/store.ts';
import { answering } from './handlers.ts';
import { fullId, toConfig, toResource } from './pipeline-config.ts';
import type { Gate, PipelineAction } from './ports.ts';

/** What the admin service needs. */
export interface AdminOptions {
  readonly store: PipelineStore;
  /** Asked before each change; everybody may read. */
  readonly gate: Gate;
  /** The calls come by TLS. */
  readonly secure: boolean;
  /** Totals by stage id, added up over the sidecars. */
  readonly stageStatuses: (pipelineId: string) => Record<string, StageStatus & { recordsBuffered: number }>;
  readonly cluster: () => {
    readonly address: string;
    readonly healthy: boolean;
    readonly wallTimeMs: number;
  };
  /** All series, by name and labels. */
  readonly metrics: () => Promise<Record<string, number>>;
}

/** Handlers of RouterAdmin. What the messages can say in `error` is said there; a status is for faults of ours. */
export function adminHandlers(options: AdminOptions): RouterAdminHandlers {
  const { store, gate, secure, stageStatuses, cluster, metrics } = options;
  const find = (id: string): StoredPipeline | undefined => store.pipelines().get(fullId(id));
  const required = (id: string): StoredPipeline => {
    const found = find(id);
    if (found === undefined) throw new ConveyorError('NOT_FOUND', `no pipeline ${fullId(id)}`);
    return found;
  };
  const statusOf = ({ definition, version, updatedAtMs, createdAtMs }: StoredPipeline): PipelineStatus => ({
    enabled: definition.enabled,
    version,
    createdAt: timestamp(createdAtMs),
    updatedAt: timestamp(updatedAtMs),
    stageStatuses: stageStatuses(definition.id),
  });
  const change = async <T extends object>(work: () => Promise<T>): Promise<T & Outcome> => {
    try {
      return { ...(await work()), success: true, error: '' };
    } catch (thrown) {
      const error = ConveyorError.from(thrown);
      if (error.code === 'INTERNAL') throw error;
      return { ...({} as T), success: false, error: error.message };
    }
  };
  const may = (verb: PipelineAction['verb'], id: string, metadata: Metadata): Promise<void> => {
    const [namespace = '', name = ''] = fullId(id).split('/');
    return gate.authorize({ metadata, secure }, { verb, namespace, name });
  };
  return {
    CreatePipeline: answering(async ({ config }, metadata) => {
      await may('create', idOf(config), metadata);
      return change(async () => {
        const resource = toResource(given(config));
        await store.create(resource);
        return { pipelineId: `${resource.metadata.namespace}/${resource.metadata.name}` };
      });
    }),
    UpdatePipeline: answering(async ({ pipelineId, config }, metadata) => {
      await may('update', pipelineId || idOf(config), metadata);
      return change(async () => {
        const wanted = given(config);
        const id = pipelineId || idOf(wanted);
        if (wanted.id !== '' && fullId(wanted.id) !== fullId(id))
          throw new ConveyorError('INVALID_ARGUMENT', `a pipeline keeps its id: ${id} is not ${wanted.id}`);
        await store.update(toResource({ ...wanted, id }, required(id).resource));
        return { version: required(id).version };
      });
    }),
    DeletePipeline: answering(async ({ pipelineId }, metadata) => {
      await may('delete', pipelineId, metadata);
      return change(async () => {
        await store.remove(fullId(pipelineId));
        return {};
      });
    }),
    EnablePipeline: answering(async ({ pipelineId }, metadata) => {
      await may('update', pipelineId, metadata);
      return change(async () => {
        await store.setEnabled(fullId(pipelineId), true);
        return {};
      });
    }),
    // what runs is finished in any case: the revocation says drain_first
    DisablePipeline: answering(async ({ pipelineId }, metadata) => {
      await may('update', pipelineId, metadata);
      return change(async () => {
        await store.setEnabled(fullId(pipelineId), false);
        const buffered = Object.values(stageStatuses(fullId(pipelineId))).map((each) => each.recordsBuffered);
        return { pendingRecords: buffered.reduce((sum, records) => sum + records, 0) };
      });
    }),
    GetPipeline: answering(({ pipelineId }) => {
      const found = find(pipelineId);
      return found === undefined
        ? { found: false }
        : { found: true, config: toConfig(found.resource), status: statusOf(found) };
    }),
    ListPipelines: answering(({ includeDisabled }) => ({
      pipelines: [...store.pipelines().values()]
        .filter(({ definition }) => includeDisabled || definition.enabled)
        .map(({ resource }) => toConfig(resource)),
    })),
    // a router of this project stands alone, or beside others that follow a leader of Kubernetes: there is no log
    GetClusterStatus: answering(() => {
      const { address, healthy, wallTimeMs } = cluster();
      const lastContact = timestamp(wallTimeMs);
      const node = { nodeId: 1, address, role: 'NODE_ROLE_LEADER' as const, healthy: true, lastContact };
      const health = healthy ? 'CLUSTER_HEALTH_HEALTHY' : 'CLUSTER_HEALTH_DEGRADED';
      return { nodeId: 1, leaderId: 1, term: 1, nodes: [node], health };
    }),
    GetMetrics: answering(async ({ metricNames }) => {
      const all = Object.entries(await metrics());
      const wanted = (series: string): boolean =>
        metricNames.length === 0 || metricNames.includes(series.replace(/\{.*$/, ''));
      return { metrics: Object.fromEntries(all.filter(([series]) => wanted(series))) };
    }),
  };
}

interface Outcome {
  readonly success: boolean;
  readonly error: string;
}

/** A pipeline without an id goes by its name. */
function idOf(config: { readonly id: string; readonly name: string } | null): string {
  return config === null ? '' : config.id || config.name;
}

function given<T>(config: T | null): T {
  if (config === null) throw new ConveyorError('INVALID_ARGUMENT', 'config is missing');
  return config;
}

function timestamp(wallTimeMs: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(wallTimeMs / 1_000);
  return { seconds, nanos: Math.floor((wallTimeMs - seconds * 1_000) * 1e6) };
}
