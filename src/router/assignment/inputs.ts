/** What a stage does. */
export type StageType = 'source' | 'transform' | 'sink';

/** One stage of a pipeline that is to be placed. */
export interface StageToPlace {
  readonly id: string;
  readonly type: StageType;
  readonly serviceName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, string>>;
  readonly loadBalance: 'roundRobin' | 'leastConnections' | 'weightedRandom' | 'consistentHash';
}

/** A pipeline that is to be placed. */
export interface PipelineToPlace {
  readonly id: string;
  readonly namespace: string;
  readonly ordering: 'partition' | 'none';
  readonly stages: readonly StageToPlace[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly generation: number;
}

/** A service that can run stages. */
export interface OfferedService {
  readonly name: string;
  readonly type: StageType | 'unspecified';
  readonly endpoint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly descriptorHash: string;
  readonly maxBatchSize: number;
  readonly maxConcurrentBatches: number;
  readonly healthy: boolean;
}

/** A sidecar that can host stages. */
export interface Candidate {
  readonly sidecarId: string;
  readonly namespace: string;
  /** Where other sidecars reach it; '' when they cannot. */
  readonly endpoint: string;
  readonly draining: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly services: readonly OfferedService[];
}
