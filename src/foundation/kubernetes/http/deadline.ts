import { ConveyorError } from '../../errors.ts';

/** The end of one call: a signal whose reason is what the call throws. `end` when the call is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  end(): void;
}

/** Aborts with DEADLINE_EXCEEDED after `timeoutMs`, or with CANCELLED when the caller gives up. */
export function deadline(timeoutMs: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new ConveyorError('DEADLINE_EXCEEDED', `no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const cancel = (): void => {
    controller.abort(new ConveyorError('CANCELLED', 'given up', { cause: caller?.reason }));
  };
  if (caller?.aborted === true) cancel();
  caller?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', cancel);
    },
  };
}
