// Generated from proto/ by `make generate`.

import type { PipelineAssignment as _conveyor_sidecar_PipelineAssignment, PipelineAssignment__Output as _conveyor_sidecar_PipelineAssignment__Output } from '../../conveyor/sidecar/PipelineAssignment.ts';
import type { PipelineRevocation as _conveyor_sidecar_PipelineRevocation, PipelineRevocation__Output as _conveyor_sidecar_PipelineRevocation__Output } from '../../conveyor/sidecar/PipelineRevocation.ts';
import type { DrainCommand as _conveyor_sidecar_DrainCommand, DrainCommand__Output as _conveyor_sidecar_DrainCommand__Output } from '../../conveyor/sidecar/DrainCommand.ts';

export interface SidecarCommand {
  'assign'?: (_conveyor_sidecar_PipelineAssignment | null);
  'revoke'?: (_conveyor_sidecar_PipelineRevocation | null);
  'drain'?: (_conveyor_sidecar_DrainCommand | null);
  'command'?: "assign"|"revoke"|"drain";
}

export interface SidecarCommand__Output {
  'assign'?: (_conveyor_sidecar_PipelineAssignment__Output | null);
  'revoke'?: (_conveyor_sidecar_PipelineRevocation__Output | null);
  'drain'?: (_conveyor_sidecar_DrainCommand__Output | null);
  'command'?: "assign"|"revoke"|"drain";
}
