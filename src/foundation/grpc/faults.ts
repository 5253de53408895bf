import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { ConveyorError } from '../errors.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { Recent } from '../lifecycle/recent.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Hears what a handler threw, or what a call was failed with that is no fault of its caller. */
export type TellFault = (method: string, thrown: unknown) => void;

const SPACING_MS = 60_000;
/** Of (method, message): more at once is a storm. */
const MAX_KEYS = 100;

/** Logs faults with their stack: one line a minute of a method and a message, those between are counted in the next. */
export function createFaultLog({
  logger,
  clock,
}: {
  readonly logger: Logger;
  readonly clock: Clock;
}): TellFault {
  const told = new Recent<string, { readonly atMs: number; more: number }>(MAX_KEYS);
  return (method, thrown) => {
    const error = ConveyorError.from(thrown);
    const key = `${method} ${error.message}`;
    const last = told.get(key);
    if (last !== undefined && clock.now() < last.atMs + SPACING_MS) {
      last.more++;
      return;
    }
    told.set(key, { atMs: clock.now(), more: 0 });
    logger.error('a call failed by a fault of ours', { method, more: last?.more ?? 0, error });
  };
}

/** What a call is failed with. @param error travels along within the process, for the log of faults. */
export function failureOf(error: ConveyorError): { code: status; details: string; cause: unknown } {
  return { code: error.grpcStatus, details: error.message, cause: error };
}

interface Failure {
  readonly code?: status;
  readonly details?: string;
  readonly cause?: unknown;
}

type Reply = (error: Failure | null, ...rest: readonly unknown[]) => void;

/** Of a call of any kind, the part that faults show in. */
interface Handled {
  getPath(): string;
  on(event: 'error', listener: (error: Failure) => void): unknown;
}

const isFault = ({ code = status.UNKNOWN }: Failure): boolean =>
  code === status.UNKNOWN || code === status.INTERNAL;

function reasonOf(failure: Failure): unknown {
  const { code = status.UNKNOWN, details = '', cause } = failure;
  return cause ?? (failure instanceof Error ? failure : ConveyorError.ofStatus(code, details));
}

/**
 * The same handlers, whose faults are told: what they throw, which grpc-js answers with UNKNOWN and forgets, and calls
 * that they fail with INTERNAL or UNKNOWN.
 */
export function guarded(
  handlers: UntypedServiceImplementation,
  tell: TellFault,
): UntypedServiceImplementation {
  const guard = (handler: (call: Handled, reply?: Reply) => void) => (call: Handled, reply?: Reply) => {
    const look = (error: Failure | null): void => {
      if (error !== null && isFault(error)) tell(call.getPath(), reasonOf(error));
    };
    // a stream has no reply: it is failed by an event
    if (reply === undefined) call.on('error', look);
    try {
      handler.call(
        handlers,
        call,
        reply &&
          ((error, ...rest) => {
            look(error);
            reply(error, ...rest);
          }),
      );
    } catch (thrown) {
      tell(call.getPath(), thrown);
      throw thrown;
    }
  };
  const all = Object.entries(handlers).map(([name, handler]) => [name, guard(handler as never)]);
  return Object.fromEntries(all) as UntypedServiceImplementation;
}
