import { ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from '@grpc/grpc-js';
import { ConveyorError } from '../../foundation/errors.ts';

/**
 * Answers every call of ours with UNAVAILABLE where another replica leads: whoever calls dials afresh, and the Service
 * then takes it to the leader.
 * @param assertLeading throws when this replica does not lead.
 */
export function leadersOnly(assertLeading: () => void): ServerInterceptor {
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, receive) => {
              try {
                // every replica tells of its health and its services
                if (!path.startsWith('/grpc.')) assertLeading();
              } catch (thrown) {
                const { grpcStatus: code, message: details } = ConveyorError.from(thrown);
                call.sendStatus({ code, details, metadata: null });
                return;
              }
              receive(metadata);
            })
            .build(),
        ),
    });
}
