// Generated from proto/ by `make generate`.

import type { SidecarCommand as _conveyor_sidecar_SidecarCommand, SidecarCommand__Output as _conveyor_sidecar_SidecarCommand__Output } from '../../conveyor/sidecar/SidecarCommand.ts';

export interface HeartbeatResponse {
  'acknowledged'?: (boolean);
  'commands'?: (_conveyor_sidecar_SidecarCommand)[];
  'reregister'?: (boolean);
  'intervalMs'?: (number);
}

export interface HeartbeatResponse__Output {
  'acknowledged': (boolean);
  'commands': (_conveyor_sidecar_SidecarCommand__Output)[];
  'reregister': (boolean);
  'intervalMs': (number);
}
