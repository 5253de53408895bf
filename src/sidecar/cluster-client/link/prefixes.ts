import { ConveyorError } from '../../../foundation/errors.ts';
import type { Prefix } from '../../../foundation/grpc/definitions.ts';

/**
 * What an endpoint is remembered for: the package prefix that it answers to and whether it knows our extensions. It
 * grows with the configured addresses alone.
 */
export interface EndpointMemory {
  readonly prefix: Prefix;
  /** undefined until it answered a registration. */
  readonly extensions: boolean | undefined;
}

/** Before an endpoint has answered (wire contract, Two package prefixes). */
export const UNKNOWN_ENDPOINT: EndpointMemory = Object.freeze({ prefix: 'conveyor', extensions: undefined });

const otherPrefix = (prefix: Prefix): Prefix => (prefix === 'conveyor' ? 'conveyor_etl' : 'conveyor');

/** A call's answer, and the prefix that it came under. */
export interface Prefixed<T> {
  readonly prefix: Prefix;
  readonly answer: T;
}

/**
 * Calls under the remembered prefix and, on UNIMPLEMENTED alone, once under the other, within the same deadline.
 * @param call gets the prefix and the milliseconds that are left.
 * @throws what the call threw; of two UNIMPLEMENTED the first.
 */
export async function eitherPrefix<T>(
  remembered: Prefix,
  deadline: { readonly timeoutMs: number; readonly now: () => number },
  call: (prefix: Prefix, timeoutMs: number) => Promise<T>,
): Promise<Prefixed<T>> {
  const end = deadline.now() + deadline.timeoutMs;
  try {
    return { prefix: remembered, answer: await call(remembered, deadline.timeoutMs) };
  } catch (error) {
    if (ConveyorError.from(error).code !== 'UNIMPLEMENTED') throw error;
    const prefix = otherPrefix(remembered);
    return { prefix, answer: await call(prefix, end - deadline.now()) };
  }
}
