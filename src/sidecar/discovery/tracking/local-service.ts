import { isDeepStrictEqual } from 'node:util';
import type { ServiceType } from '../contract/classify.ts';

/** A service of this pod, as the session, the routing and the status see it. */
export interface LocalService {
  /** Unique in the pod. */
  readonly name: string;
  readonly type: ServiceType;
  /** `127.0.0.1:50052` or `[::1]:50052`. */
  readonly endpoint: string;
  readonly port: number;
  /** Full name under which its methods are called. */
  readonly protoService: string;
  /** Name of its container, '' when not known. */
  readonly container: string;
  /** Records a call; 0: not stated. */
  readonly maxBatchSize: number;
  /** Calls in flight; 0: not stated. */
  readonly maxConcurrentBatches: number;
  /** Empty: not stated. */
  readonly supportedRecordTypes: readonly string[];
  /** What a sink's GetCapacity said last, in records; 0: not stated. A change of it alone is no change. */
  readonly availableCapacity: number;
  readonly descriptorHash: string;
  /** Names of the methods that may be called. */
  readonly methods: readonly string[];
  readonly health: 'healthy' | 'degraded' | 'unhealthy';
  /** Why it is not healthy; '' when it is. */
  readonly healthMessage: string;
}

/** What became of the set of services. A service is the same while its endpoint and proto service are. */
export interface ServiceDiff {
  readonly added: readonly LocalService[];
  readonly removed: readonly LocalService[];
  readonly changed: readonly { readonly before: LocalService; readonly after: LocalService }[];
}

const identity = ({ endpoint, protoService }: LocalService): string => `${endpoint} ${protoService}`;

const equal = (a: LocalService, b: LocalService): boolean =>
  isDeepStrictEqual({ ...a, availableCapacity: 0 }, { ...b, availableCapacity: 0 });

/** The difference between two sets of services; undefined for none. */
export function diffServices(
  before: readonly LocalService[],
  after: readonly LocalService[],
): ServiceDiff | undefined {
  const old = new Map(before.map((service) => [identity(service), service]));
  const current = new Set(after.map(identity));
  const added = after.filter((service) => !old.has(identity(service)));
  const removed = before.filter((service) => !current.has(identity(service)));
  const changed = after.flatMap((service) => {
    const previous = old.get(identity(service));
    return previous === undefined || equal(previous, service) ? [] : [{ before: previous, after: service }];
  });
  return added.length + removed.length + changed.length === 0 ? undefined : { added, removed, changed };
}
