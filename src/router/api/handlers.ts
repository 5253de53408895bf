import type { Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';
import { failureOf } from '../../foundation/grpc/faults.ts';

/** A unary handler that returns its answer, or throws. */
export type Answer<Req, Res> = (request: Req, metadata: Metadata) => Res | Promise<Res>;

/** Makes a handler of grpc-js: what is thrown becomes the call's status. */
export function answering<Req, Res>(
  answer: Answer<Req, Res>,
): (call: ServerUnaryCall<Req, Res>, reply: sendUnaryData<Res>) => void {
  const run = async (request: Req, metadata: Metadata): Promise<Res> => answer(request, metadata);
  return (call, reply) => {
    run(call.request, call.metadata).then(
      (response) => reply(null, response),
      (thrown: unknown) => reply(failureOf(ConveyorError.from(thrown))),
    );
  };
}
