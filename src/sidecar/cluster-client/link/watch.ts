import type { ConveyorError } from '../../../foundation/errors.ts';
import type { PipelineAssignmentEvent__Output } from '../../../foundation/grpc/gen/conveyor/sidecar/PipelineAssignmentEvent.ts';
import type { WatchAssignmentsRequest } from '../../../foundation/grpc/gen/conveyor/sidecar/WatchAssignmentsRequest.ts';
import { backoffMs, jittered } from '../../../foundation/lifecycle/backoff.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import { type Loop, startLoop } from '../../../foundation/lifecycle/loop.ts';
import type { RouterLink } from './link.ts';

/** The assignment watch of one registration. */
export interface Watch {
  /** Whether a stream is open. */
  open(): boolean;
  /** Ends the stream; nothing is called any more. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** What a watch reports. */
interface WatchListener {
  /** A stream was opened: the whole set follows. */
  onOpen(): void;
  onEvent(event: PipelineAssignmentEvent__Output): void;
  /** The router does not know the registration. */
  onUnknown(): void;
  /** A stream ended and will be opened again. */
  onEnd(cause: 'aged' | 'ended' | 'failed', error?: ConveyorError): void;
}

/** How a watch is kept. */
export interface WatchOptions {
  readonly link: RouterLink;
  readonly request: WatchAssignmentsRequest;
  readonly clock: Clock;
  /** Age at which the stream is replaced, spread by a tenth. */
  readonly maxAgeMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number; readonly random: () => number };
  readonly listener: WatchListener;
}

/**
 * Keeps a watch open: one that ends, fails or has reached its age is opened again, with backoff unless it had lived
 * well. Every opening tells the whole set, so that what a dead one has missed is mended.
 */
export function startWatch({ link, request, clock, maxAgeMs, backoff, listener }: WatchOptions): Watch {
  let open = false;
  let failures = 0;
  let openedAtMs = 0;
  const isAged = (error: ConveyorError): boolean =>
    // an answer with this status before its time is a fault like any other
    error.code === 'DEADLINE_EXCEEDED' && clock.now() - openedAtMs > maxAgeMs / 2;
  const reopen = (cause: 'aged' | 'ended' | 'failed', error?: ConveyorError): number => {
    open = false;
    listener.onEnd(cause, error);
    return cause === 'aged' ? 0 : backoffMs(failures++, backoff);
  };
  const loop: Loop = startLoop({
    clock,
    tick: async (signal) => {
      open = true;
      openedAtMs = clock.now();
      listener.onOpen();
      const settings = { timeoutMs: jittered(maxAgeMs, 0.1, backoff.random), signal };
      for await (const event of link.watch(request, settings)) {
        // what was buffered when the registration was replaced belongs to the old one
        if (signal.aborted) break;
        failures = 0;
        listener.onEvent(event);
      }
      return signal.aborted ? 0 : reopen('ended');
    },
    onError: (error) => {
      if (isAged(error)) {
        failures = 0;
        return reopen('aged');
      }
      const waitMs = reopen('failed', error);
      if (error.code === 'NOT_FOUND') listener.onUnknown();
      return waitMs;
    },
  });
  return {
    open: () => open,
    stop: () => {
      open = false;
      return loop.stop();
    },
  };
}
