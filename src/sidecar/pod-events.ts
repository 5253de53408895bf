import type { SessionNotice } from './cluster-client/options.ts';
import type { Mismatch } from './discovery/discovery.ts';
import type { PodEvent } from './own-pod/access/reach.ts';

/** What of the session is worth an Event on the pod. */
export function sessionEvent(notice: SessionNotice): PodEvent {
  switch (notice.kind) {
    case 'registered':
      return {
        ...{ type: 'Normal', reason: 'Registered', action: 'Register' },
        message: `registered with the router ${notice.address}`,
      };
    case 'out-of-reach':
      return {
        ...{ type: 'Warning', reason: 'RouterOutOfReach', action: 'Register' },
        message: `the router ${notice.address} is out of reach, routes stay as they are: ${notice.reason}`,
      };
    case 'assigned':
      return {
        ...{ type: 'Normal', reason: 'PipelineAssigned', action: 'Route' },
        message: `runs stages of ${notice.pipelines.join(', ')}`,
      };
    case 'revoked':
      return {
        ...{ type: 'Normal', reason: 'PipelineRevoked', action: 'Route' },
        message: `runs no stage of ${notice.pipelines.join(', ')} any more`,
      };
  }
}

/** A service that is not as the contract has it is worth an Event: nothing will be routed to it. */
export function mismatchEvent({ port, protoService, differences }: Mismatch): PodEvent {
  return {
    ...{ type: 'Warning', reason: 'ContractMismatch', action: 'Discover' },
    message: `port ${port}, ${protoService}: ${differences.join('; ')}`,
  };
}
