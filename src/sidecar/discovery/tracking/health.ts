import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { serverStream, unary } from '../../../foundation/grpc/call.ts';
import { serviceDefinition } from '../../../foundation/grpc/definitions.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { openProbeClient } from '../probe/probe-client.ts';
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

/** After this a watch is opened afresh, by the service's own name first. */
const WATCH_MS = 2 * 60_000;
const CHECK_TIMEOUT_MS = 1_000;
const CHECK_INTERVAL_MS = 5_000;
/** A server that lists the service and has none of its methods is asked again after this. */
const NOT_OFFERED_MS = 60_000;
/** A watch that broke sooner is not worth a scan: it may break as soon again. */
const WORKED_MS = 1_000;
const MAX_BYTES = 64 * 1024;

const healthMethods = () => serviceDefinition('grpc.health.v1.Health');

/** How following ended: the server offers no method of the service, or the connection or a call broke. */
type End = 'not offered' | 'lost';
/** How one name ended: the server does not know it, or it is time to ask for all of them again. */
type NameEnd = End | 'unknown' | 'expired';

interface Following {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (serving: Serving) => void;
}

const servingOf = (status: string): Serving =>
  status === 'SERVING' || status === 'NOT_SERVING' ? status : undefined;

/** Follows one name by Watch. The server as a whole ('') may be unknown for a while; there is no other name to try. */
async function watch(service: string, following: Following): Promise<NameEnd> {
  const { client, clock, signal, tell } = following;
  const beganMs = clock.now();
  try {
    const settings = { timeoutMs: WATCH_MS, signal };
    for await (const { status } of serverStream(client, healthMethods().Watch, { service }, settings)) {
      if (status === 'SERVICE_UNKNOWN' && service !== '') return 'unknown';
      tell(servingOf(status));
    }
    return 'lost';
  } catch (error) {
    const { code } = ConveyorError.from(error);
    if (code === 'UNIMPLEMENTED' || code === 'NOT_FOUND') return check(service, following);
    // our own deadline, not one that the server invented
    return code === 'DEADLINE_EXCEEDED' && clock.now() - beganMs > WATCH_MS / 2 ? 'expired' : 'lost';
  }
}

/** Follows one name by asking again and again, for servers without Watch. */
async function check(service: string, { client, clock, signal, tell }: Following): Promise<NameEnd> {
  const settings = { timeoutMs: CHECK_TIMEOUT_MS, signal };
  const untilMs = clock.now() + WATCH_MS;
  while (clock.now() < untilMs) {
    try {
      tell(servingOf((await unary(client, healthMethods().Check, { service }, settings)).status));
    } catch (error) {
      const { code } = ConveyorError.from(error);
      if (code === 'UNIMPLEMENTED') return 'not offered';
      if (code === 'NOT_FOUND' && service !== '') return 'unknown';
      if (code === 'NOT_FOUND') tell(undefined);
      else if (code !== 'DEADLINE_EXCEEDED') return 'lost';
    }
    await clock.sleep(CHECK_INTERVAL_MS, signal).catch(() => undefined);
    if (signal.aborted) return 'lost';
  }
  return 'expired';
}

/**
 * Follows a service under its own name, else the server as a whole. One stream at a time: in some servers an open
 * Watch takes one of few threads.
 */
async function follow(service: string, following: Following): Promise<End> {
  for (;;) {
    const own = await watch(service, following);
    const end = own === 'unknown' ? await watch('', following) : own;
    if (end === 'not offered' || end === 'lost') return end;
  }
}

interface Entry {
  readonly target: HealthTarget;
  readonly abort: AbortController;
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
    if (end === 'not offered') await clock.sleep(NOT_OFFERED_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    entries.delete(keyOf(target));
    onServing(target, undefined);
    if (end === 'lost' && clock.now() - beganMs >= WORKED_MS) onLost();
  };
  const start = (target: HealthTarget): void => {
    const abort = new AbortController();
    const done = run(target, abort.signal).finally(() => ending.delete(done));
    ending.add(done);
    entries.set(keyOf(target), { target, abort });
  };
  return {
    reconcile(targets) {
      const wanted = new Map(targets.map((target) => [keyOf(target), target]));
      for (const [key, { target, abort }] of entries) {
        if (wanted.has(key)) continue;
        entries.delete(key);
        abort.abort();
        onServing(target, undefined);
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
