// Generated from proto/ by `make generate`.

import type { Condition as _conveyor_router_Condition, Condition__Output as _conveyor_router_Condition__Output } from '../../conveyor/router/Condition.ts';

export interface RoutingRule {
  'name'?: (string);
  'condition'?: (_conveyor_router_Condition | null);
  'targetStages'?: (string)[];
  'priority'?: (number);
}

export interface RoutingRule__Output {
  'name': (string);
  'condition': (_conveyor_router_Condition__Output | null);
  'targetStages': (string)[];
  'priority': (number);
}
