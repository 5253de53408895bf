import type { Clock } from '../foundation/lifecycle/clock.ts';
import type { ClusterClient } from './cluster-client/cluster-client.ts';
import type { DataPath } from './data-path.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { PodView } from './join-own-pod.ts';
import type { Offered } from './offered.ts';
import type { SidecarConfig } from './settings.ts';

/** The rooms of a sidecar, made and joined. */
export interface SidecarParts {
  readonly clock: Clock;
  readonly config: SidecarConfig;
  readonly dataPath: DataPath;
  readonly discovery: Discovery;
  readonly offered: Offered;
  readonly pod: PodView;
  readonly session: ClusterClient;
}
