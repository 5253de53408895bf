import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { Line } from './line.ts';
import type { HeldService, HeldServices, LeavingContainer } from './ports.ts';
import { waitUntil } from './wait.ts';

/** What the hooks of the application's containers stand on. */
export interface HoldsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly services: HeldServices;
  /** What the API says of a container; undefined: nothing. */
  readonly container: (name: string) => LeavingContainer | undefined;
  readonly end: {
    /** Whether the pod is known to end. */
    known(): boolean;
    /** Whether the drain has come so far that this container of the application may go. */
    mayGo(container: string): boolean;
    /** Monotonic milliseconds at which the application has to be let go, were the end to have begun by then. */
    holdUntilMs(sinceMs: number): number;
  };
  /** How long a container may take to stop. */
  readonly graceMs: () => number;
}

/** The preStop hooks of the application's containers. */
export interface Holds {
  /** One hook: resolves when the kubelet may stop the container. May be called again meanwhile. */
  hold(container: string): Promise<void>;
  /** Those that are held now. */
  held(): string[];
  /** Answers all, and looks after nothing any more. */
  stop(): void;
}

/** What a hook does not know yet may come so late: the kubelet calls the hooks of a pod in no order. */
const SIGN_MS = 2_000;
/** An application that is restarted mostly hangs: its calls are not waited for any longer. */
const CALLS_MS = 5_000;
/** How often is looked whether a container has come back. */
const LOOK_MS = 250;
/** What a container may take to come back beyond its grace, before its services are judged as all others. */
const RETURN_MS = 10_000;

/**
 * Holds the application's containers back until they may go. A hook never triggers the end of the pod: the kubelet
 * calls it when a liveness probe restarts the container, too. Then the container's services are taken out until it has
 * gone and come back.
 */
export function createHolds(options: HoldsOptions): Holds {
  const { clock, logger, services, end, graceMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const hooks = new Map<string, Promise<void>>();
  const restarting = new Set<string>();

  const withhold = (): void => {
    if (restarting.size === 0) services.withhold();
    else
      services.withhold((service) => (isOfAny(service, restarting) ? 'its container is to stop' : undefined));
  };
  const untilBack = async (container: string, left: readonly HeldService[]): Promise<void> => {
    const giveUpMs = clock.now() + graceMs() + RETURN_MS;
    const lines = left.map((service) => services.line(service));
    const hasReturned = returnOf(container, lines, options);
    while (!signal.aborted && clock.now() < giveUpMs && !hasReturned())
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    for (const line of lines) line.close();
    if (signal.aborted) return;
    services.renew(new Set(left.map(({ port }) => port)));
    restarting.delete(container);
    withhold();
  };
  const takeOut = (container: string): readonly HeldService[] => {
    const left = services.found().filter((service) => isOfAny(service, new Set([container])));
    if (restarting.has(container)) return left;
    logger.info('a container is to stop, the pod is not', {
      container,
      services: left.map(({ name }) => name),
    });
    restarting.add(container);
    withhold();
    void untilBack(container, left);
    return left;
  };
  const hook = async (container: string): Promise<void> => {
    const calledMs = clock.now();
    const untilMs = (maxMs: number) => (): number =>
      Math.min(end.holdUntilMs(calledMs), end.known() ? Infinity : maxMs);
    const isKnown = (): boolean => end.known();
    await waitUntil(clock, untilMs(calledMs + SIGN_MS), isKnown, signal);
    if (!isKnown()) {
      const left = takeOut(container);
      const isOver = (): boolean =>
        isKnown() || left.every((service) => services.activeRequests(service) === 0);
      await waitUntil(clock, untilMs(clock.now() + CALLS_MS), isOver, signal);
    }
    if (isKnown()) await waitUntil(clock, untilMs(Infinity), () => end.mayGo(container), signal);
  };
  return {
    hold(container) {
      let held = hooks.get(container);
      if (held === undefined) {
        held = hook(container).finally(() => hooks.delete(container));
        hooks.set(container, held);
      }
      return held;
    },
    held: () => [...hooks.keys()],
    stop: () => stopping.abort(),
  };
}

/** A service of which nothing says whose it is may be any container's. */
function isOfAny({ container }: HeldService, containers: ReadonlySet<string>): boolean {
  return container === '' || containers.has(container);
}

/**
 * Whether a container has gone: by what the API says of it once it runs again, else by the lines to its services. What
 * comes after that is probed afresh.
 */
function returnOf(name: string, lines: readonly Line[], { container }: HoldsOptions): () => boolean {
  const before = container(name);
  return () => {
    const now = container(name);
    // where nothing of it was on offer, what comes is new
    if (before === undefined || now === undefined)
      return lines.length === 0 || lines.some((line) => line.broken());
    return (
      now.state === 'running' && (now.restarts !== before.restarts || now.startedAt !== before.startedAt)
    );
  };
}
