// Generated from proto/ by `make generate`.

import type { Condition as _conveyor_router_Condition, Condition__Output as _conveyor_router_Condition__Output } from '../../conveyor/router/Condition.ts';

export interface Edge {
  'fromStage'?: (string);
  'toStage'?: (string);
  'condition'?: (_conveyor_router_Condition | null);
}

export interface Edge__Output {
  'fromStage': (string);
  'toStage': (string);
  'condition': (_conveyor_router_Condition__Output | null);
}
