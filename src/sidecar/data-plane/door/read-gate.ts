import { type Metadata, type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';

/** Decides when the next message of a call is read. */
export interface Gate {
  /** Undefined: now; else when the promise resolves. */
  pass(): undefined | Promise<void>;
  /** The call is over: nothing waits for it any more. */
  close(): void;
}

/**
 * Holds back the reading of messages: what is not read waits in its sender, by HTTP/2 flow control. A paused grpc-js
 * stream still reads 16 messages ahead, and a unary request is read whole before its handler, but both ask `startRead`
 * of the call, and the headers are there before it.
 * @param open the gate of a call, or undefined for methods that are not held back.
 */
export function readGate(open: (path: string, metadata: Metadata) => Gate | undefined): ServerInterceptor {
  return (method, next) => {
    let gate: Gate | undefined;
    const call = new ServerInterceptingCall(next, {
      start: (proceed) =>
        proceed({
          onReceiveMetadata: (metadata, pass) => {
            gate = open(method.path, metadata);
            pass(metadata);
          },
          onCancel: () => gate?.close(),
        }),
    });
    const read = call.startRead.bind(call);
    const readInTurn = (): void => {
      const wait = gate?.pass();
      if (wait === undefined) read();
      else void wait.then(read);
    };
    // a literal would be made in the old generation, and with it the call and its message would stay (ADR 4)
    call.startRead = readInTurn;
    return call;
  };
}
