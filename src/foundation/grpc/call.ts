import { type CallOptions, type Client, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { ConveyorError } from '../errors.ts';
import { onAbort } from '../lifecycle/aborted.ts';

/** What every call carries. There is no call without a deadline. */
export interface CallSettings {
  /** Milliseconds from now until the call fails with DEADLINE_EXCEEDED. */
  readonly timeoutMs: number;
  /** Cancels the call. grpc-js call options have no signal of their own. */
  readonly signal?: AbortSignal;
  readonly metadata?: Metadata;
}

/** What a call needs of a method; every method of a service definition is one. */
export interface Method<Req, Res> {
  readonly path: string;
  readonly requestSerialize: (value: Req) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Res;
}

function optionsOf({ timeoutMs }: CallSettings): CallOptions {
  return { deadline: Date.now() + Math.max(1, timeoutMs) };
}

/**
 * One unary call as a promise.
 * @throws ConveyorError with the code of the call's gRPC status.
 */
export function unary<Req, Res>(
  client: Client,
  method: Method<Req, Res>,
  request: Req,
  settings: CallSettings,
): Promise<Res> {
  const { signal, metadata = new Metadata() } = settings;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new ConveyorError('CANCELLED', `${method.path} was cancelled before it began`));
      return;
    }
    const call = client.makeUnaryRequest<Req, Res>(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      optionsOf(settings),
      (error, response) => {
        over?.();
        if (error !== null) reject(ConveyorError.from(error, 'UNKNOWN'));
        else if (response === undefined) reject(new ConveyorError('INTERNAL', `${method.path}: no response`));
        else resolve(response);
      },
    );
    const over = signal && onAbort(signal, () => call.cancel());
  });
}

/**
 * One server-streaming call as an async iterable. Leaving the loop cancels the call.
 * @throws ConveyorError (from the iteration) with the code of the call's gRPC status.
 */
export async function* serverStream<Req, Res>(
  client: Client,
  method: Method<Req, Res>,
  request: Req,
  settings: CallSettings,
): AsyncGenerator<Res, void, undefined> {
  const { signal, metadata = new Metadata() } = settings;
  if (signal?.aborted === true) throw new ConveyorError('CANCELLED', `${method.path} was cancelled`);
  const call: ClientReadableStream<Res> = client.makeServerStreamRequest<Req, Res>(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    optionsOf(settings),
  );
  const over = signal && onAbort(signal, () => call.cancel());
  try {
    for await (const message of call) yield message as Res;
  } catch (error) {
    throw ConveyorError.from(error, 'UNKNOWN');
  } finally {
    over?.();
    call.cancel();
    // a cancelled call reports once more: without a listener that would be an uncaught error
    call.on('error', () => undefined);
  }
}
