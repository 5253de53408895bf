import { type Client, Metadata, status } from '@grpc/grpc-js';
import { ConveyorError } from '../errors.ts';
import { onAbort } from '../lifecycle/aborted.ts';
import { freeMemory } from '../lifecycle/heap.ts';
import type { CallSettings } from './call.ts';

/** An encoded message. grpc-js makes the frame that leaves, and uses of a message what is named here: a Buffer is one. */
export interface Encoded {
  /** Bytes. */
  readonly length: number;
  /** Writes all of it to a place in the frame. */
  copy(frame: Buffer, at: number): unknown;
}

/**
 * One unary call of encoded messages, straight on the channel: what every batch takes. It leaves out what
 * `makeUnaryRequest` adds for everybody else: interceptors, an emitter, and an Error made for its stack with each call.
 * @throws ConveyorError with the code of the call's gRPC status.
 */
export function rawUnary(
  client: Client,
  path: string,
  request: Encoded,
  { timeoutMs, signal, metadata = new Metadata() }: CallSettings,
): Promise<Buffer> {
  // what is sent is known to it alone: grpc-js keeps a call for a while after its end
  const message = new Sending(request);
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new ConveyorError('CANCELLED', `${path} was cancelled before it began`));
      return;
    }
    const deadline = Date.now() + Math.max(1, timeoutMs);
    const call = client.getChannel().createCall(path, deadline, null, null, null);
    const cancel = (): void => call.cancelWithStatus(status.CANCELLED, 'cancelled by the caller');
    const over = signal && onAbort(signal, cancel);
    let response: Buffer | undefined;
    call.start(metadata, {
      onReceiveMetadata: () => undefined,
      onReceiveMessage(message: Buffer) {
        response = message;
      },
      onReceiveStatus({ code, details }) {
        over?.();
        message.end(code === status.OK);
        if (code !== status.OK) reject(ConveyorError.ofStatus(code, details));
        else if (response === undefined) reject(new ConveyorError('INTERNAL', `${path}: no response`));
        else resolve(response);
      },
    });
    call.startRead();
    call.sendMessageWithContext({ callback: () => message.sent() }, message as Encoded as Buffer);
    call.halfClose();
  });
}

/** A request on its way. What grpc-js framed it in is freed when it was sent and answered. */
class Sending implements Encoded {
  readonly length: number;
  #request: Encoded | undefined;
  #frame: Buffer | undefined;
  #sent = false;

  constructor(request: Encoded) {
    this.length = request.length;
    this.#request = request;
  }

  copy(frame: Buffer, at: number): void {
    // what it is made of may be gone with the call
    if (this.#request === undefined)
      throw new ConveyorError('CANCELLED', 'the call has ended before it was sent');
    this.#frame = frame;
    this.#request.copy(frame, at);
  }

  /** The frame has left, or never will. */
  sent(): void {
    this.#sent = true;
  }

  /** The call is over. A frame that did not leave before it was answered may still be written from. */
  end(ok: boolean): void {
    this.#request = undefined;
    if (ok && this.#sent && this.#frame !== undefined) freeMemory(this.#frame);
    this.#frame = undefined;
  }
}
