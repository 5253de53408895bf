import { connectKube } from '../../foundation/kubernetes/client.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Certificate } from '../api/certificate.ts';
import type { Gate } from '../api/ports.ts';
import { CustomResourceStore } from '../pipelines/store-custom-resources.ts';
import { StatusWriter } from '../resources/status-writer.ts';
import type { RouterConfig } from '../settings.ts';
import type { RouterStatus } from '../status.ts';
import type { Leadership, PlaneView } from '../terms.ts';
import { certificateSecret } from './certificate-secret.ts';
import { createGate } from './gate.ts';
import { createTokenReviews } from './token-reviews.ts';
import { createLeadership } from './leadership.ts';
import { createPodWriter } from './pod-writer.ts';

/** What a router is in a cluster. */
export interface Cluster {
  readonly store: CustomResourceStore;
  readonly leadership: Leadership;
  readonly gate: Gate;
  /** Of the port for TLS, where it comes from a Secret. */
  readonly certificate: Certificate | undefined;
  /** What runs once the router listens: who leads has to answer. */
  beside(router: { readonly view: PlaneView; readonly status: RouterStatus }): readonly Component[];
}

/** What the process gives to it. */
export interface ClusterHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** New at every start. */
  readonly instance: string;
}

/** Connects; nothing is sent yet. @throws ConveyorError CONFIG_INVALID without access to a cluster. */
export async function joinCluster(config: RouterConfig, host: ClusterHost): Promise<Cluster> {
  const {
    kubeconfigFile: kubeconfig,
    sidecarAuth,
    routerTlsPort: tlsPort,
    tlsSecret: name,
    namespace,
  } = config;
  const api = await connectKube({ kubeconfig });
  const { clock } = host;
  const logger = host.logger.child('kubernetes');
  const store = new CustomResourceStore({ api, clock, logger: host.logger.child('pipelines') });
  const leadership = createLeadership({ ...config, ...host, api, logger });
  return {
    store,
    leadership,
    certificate:
      name === ''
        ? undefined
        : certificateSecret({ api, namespace, name, clock, logger: host.logger.child('certificate') }),
    gate: createGate({ api, reviews: createTokenReviews({ api, clock, logger }), sidecarAuth, tlsPort }),
    beside: ({ view, status }) => {
      const { routingConditions: conditions, podDeletionCost: deletionCost } = config;
      const leading = (): boolean => leadership.leading();
      const writes = conditions !== 'off' || deletionCost;
      const writer = createPodWriter({ api, view, leading, conditions, deletionCost, clock, logger });
      const statuses = new StatusWriter({ api, resources: store, status, view, leadership, clock, logger });
      return [leadership, statuses, ...(writes ? [writer] : [])];
    },
  };
}
