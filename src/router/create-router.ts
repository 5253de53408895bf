import { randomUUID } from 'node:crypto';
import type { ServerCredentials, ServerInterceptor } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import type { Clock } from '../foundation/lifecycle/clock.ts';
import { type Component, group } from '../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../foundation/lifecycle/loop.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import { LIMITS } from './api/limits.ts';
import { type Gate, OPEN_GATE } from './api/ports.ts';
import { apiServer } from './api-server.ts';
import { ControlPlane } from './control-plane.ts';
import { routerMetrics } from './metrics.ts';
import type { PipelineStore } from './pipelines/store.ts';
import { createStatus, type RouterStatus } from './status.ts';
import { ALONE, createTerms, type Leadership, type PlaneView, type Terms } from './terms.ts';

/** What a router is made of. */
export interface RouterOptions {
  /** Every address unless told. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  /** A second port, by TLS; none unless told. */
  readonly tls?: { readonly port: number; readonly credentials: ServerCredentials };
  /** What should run; followed, and written by RouterAdmin. */
  readonly store: PipelineStore & Component;
  /** Whether this replica leads; it is alone unless told. */
  readonly leadership?: Leadership;
  /** Who may call; everybody unless told. */
  readonly gate?: Gate;
  /** What sidecars are told; a lease is three of them. */
  readonly heartbeatIntervalMs: number;
  readonly maxSidecars?: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly interceptors?: readonly ServerInterceptor[];
}

/** The control plane as a component: `start` resolves when it listens. */
export interface Router extends Component {
  /** The port that it listens on; 0 before it has started. */
  readonly port: number;
  /** The port for TLS; 0 before it has started, and without one. */
  readonly tlsPort: number;
  readonly status: RouterStatus;
  /** Who is there and how pipelines are placed, in the term that is. */
  readonly view: PlaneView;
}

/** Wires a router; nothing runs or listens before `start`. */
export function createRouter(options: RouterOptions): Router {
  const { store, clock, logger, registry, version, heartbeatIntervalMs } = options;
  const { leadership = ALONE, gate = OPEN_GATE, maxSidecars = LIMITS.sidecars, interceptors = [] } = options;
  const metrics = routerMetrics(registry);
  const newPlane = (): ControlPlane =>
    new ControlPlane({
      heartbeatIntervalMs,
      maxSidecars,
      clock,
      logger: logger.child('control-plane'),
      newId: randomUUID,
      observe: (event) => metrics.observe(event),
    });
  const terms = createTerms({ leadership, store, newPlane });
  const status = createStatus(terms, store, version);
  metrics.follow(() => status.figures());
  const parts = { ...options, terms, leadership, gate, status, interceptors };
  const plain = apiServer(options, parts);
  const secure = options.tls && apiServer({ ...options, ...options.tls }, parts);
  const servers = secure === undefined ? [plain] : [plain, secure];
  const all = group('router', [store, terms, ticking(terms, options), ...servers]);
  return {
    name: 'router',
    async start(signal) {
      await all.start(signal);
      logger.info('router listens', {
        port: this.port,
        tlsPort: this.tlsPort,
        pipelines: store.pipelines().size,
      });
    },
    stop: (signal) => all.stop(signal),
    get port() {
      return plain.port;
    },
    get tlsPort() {
      return secure?.port ?? 0;
    },
    status,
    view: terms,
  };
}

/** Counts the running time and checks the leases. */
function ticking(terms: Terms, { clock, logger }: RouterOptions): Component {
  let loop: Loop | undefined;
  return {
    name: 'leases',
    start() {
      loop = startLoop({
        clock,
        tick() {
          terms.tick();
          return Promise.resolve(terms.tickMs);
        },
        onError(error) {
          logger.error('leases could not be checked', { error });
          return terms.tickMs;
        },
      });
      return Promise.resolve();
    },
    async stop() {
      await loop?.stop();
    },
  };
}
