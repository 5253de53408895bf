import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import { serverStream, unary } from '../../foundation/grpc/call.ts';
import { serviceDefinition } from '../../foundation/grpc/definitions.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { openProbeClient } from './probe-client.ts';
import type { Serving } from './registry.ts';

/** A service whose server offers grpc.health.v1. */
export interface HealthTarget {
  readonly endpoint: string;
  readonly protoService: string;
}

/** What the follower stands on, and whom it tells. */
export interface HealthOptions {
  readonly credentials: ChannelCredentials;
  readonly clock: Clock;
  readonly onServing: (target: HealthTarget, serving: Serving) => void;
  /** A watch broke that had worked: the application may be gone or have restarted. */
  readonly onLost: () => void;
}

/** Follows the health of a changing set of services. */
export interface HealthFollower {
  /** Follows these and no others. A watch that broke is opened again by the next call that still names it. */
  reconcile(targets: readonly HealthTarget[]): void;
  /** Resolves when nothing is open any more. */
  stop(): Promise<void>;
}

const WATCH_MS = 10 * 60_000;
const CHECK_TIMEOUT_MS = 1_000;
const CHECK_INTERVAL_MS = 5_000;
/** A watch that broke sooner is not worth a scan: it may break as soon again. */
const WORKED_MS = 1_000;
const MAX_BYTES = 64 * 1024;

const healthMethods = () => serviceDefinition('grpc.health.v1.Health');

/** How following ended: the server has no opinion on the service, or the connection or call broke. */
type End = 'no opinion' | 'lost';

interface Following {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (serving: Serving) => void;
}

const servingOf = (status: string): Serving =>
  status === 'SERVING' || status === 'NOT_SERVING' ? status : undefined;

async function pause(ms: number, { clock, signal }: Following): Promise<void> {
  await clock.sleep(ms, signal).catch(() => undefined);
}

/** Follows one name by Watch. @returns undefined when the server does not know the name. */
async function watch(service: string, following: Following): Promise<End | undefined> {
  const { client, signal, tell } = following;
  const settings = { timeoutMs: WATCH_MS, signal };
  while (!signal.aborted) {
    try {
      for await (const { status } of serverStream(client, healthMethods().Watch, { service }, settings)) {
        if (status === 'SERVICE_UNKNOWN') return undefined;
        tell(servingOf(status));
      }
      return 'lost';
    } catch (error) {
      const { code } = ConveyorError.from(error);
      if (code === 'UNIMPLEMENTED') return check(service, following);
      if (code === 'NOT_FOUND') return undefined;
      // an old watch is opened afresh
      if (code !== 'DEADLINE_EXCEEDED') return 'lost';
    }
  }
  return 'lost';
}

/** Follows one name by asking again and again, for servers without Watch. */
async function check(service: string, following: Following): Promise<End | undefined> {
  const { client, signal, tell } = following;
  while (!signal.aborted) {
    try {
      const settings = { timeoutMs: CHECK_TIMEOUT_MS, signal };
      tell(servingOf((await unary(client, healthMethods().Check, { service }, settings)).status));
    } catch (error) {
      const { code } = ConveyorError.from(error);
      if (code === 'NOT_FOUND') return undefined;
      if (code === 'UNIMPLEMENTED') return 'no opinion';
      if (code !== 'DEADLINE_EXCEEDED') return 'lost';
    }
    await pause(CHECK_INTERVAL_MS, following);
  }
  return 'lost';
}

/** Follows a service under its own name, else the server as a whole. */
async function follow(service: string, following: Following): Promise<End> {
  for (const name of [service, '']) {
    const end = await watch(name, following);
    if (end !== undefined || following.signal.aborted) return end ?? 'lost';
  }
  return 'no opinion';
}

interface Entry {
  readonly abort: AbortController;
  done: Promise<void>;
}

const keyOf = ({ endpoint, protoService }: HealthTarget): string => `${endpoint} ${protoService}`;

/** Creates a follower of grpc.health.v1: by Watch, by Check where that is not offered. */
export function createHealthFollower({
  credentials,
  clock,
  onServing,
  onLost,
}: HealthOptions): HealthFollower {
  const entries = new Map<string, Entry>();
  const ending = new Set<Promise<void>>();

  const run = async (target: HealthTarget, signal: AbortSignal): Promise<void> => {
    const connection = openProbeClient({ endpoint: target.endpoint, credentials, maxBytes: MAX_BYTES });
    const beganMs = clock.now();
    const tell = (serving: Serving): void => {
      if (!signal.aborted) onServing(target, serving);
    };
    const end = await follow(target.protoService, { client: connection.client, clock, signal, tell });
    await connection.close();
    if (signal.aborted || end === 'no opinion') return;
    entries.delete(keyOf(target));
    onServing(target, undefined);
    if (clock.now() - beganMs >= WORKED_MS) onLost();
  };
  const start = (target: HealthTarget): void => {
    const abort = new AbortController();
    const done = run(target, abort.signal).finally(() => ending.delete(done));
    ending.add(done);
    entries.set(keyOf(target), { abort, done });
  };
  return {
    reconcile(targets) {
      const wanted = new Map(targets.map((target) => [keyOf(target), target]));
      for (const [key, { abort }] of entries) {
        if (wanted.has(key)) continue;
        entries.delete(key);
        abort.abort();
      }
      for (const [key, target] of wanted) if (!entries.has(key)) start(target);
    },
    async stop() {
      for (const { abort } of entries.values()) abort.abort();
      entries.clear();
      await Promise.all(ending);
    },
  };
}
