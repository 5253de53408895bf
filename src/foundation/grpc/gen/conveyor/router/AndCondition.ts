// Generated from proto/ by `make generate`.

import type { Condition as _conveyor_router_Condition, Condition__Output as _conveyor_router_Condition__Output } from '../../conveyor/router/Condition.ts';

export interface AndCondition {
  'conditions'?: (_conveyor_router_Condition)[];
}

export interface AndCondition__Output {
  'conditions': (_conveyor_router_Condition__Output)[];
}
