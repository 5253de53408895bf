// Generated from proto/ by `make generate`.

import type { StageType as _conveyor_router_StageType, StageType__Output as _conveyor_router_StageType__Output } from '../../conveyor/router/StageType.ts';
import type { ServiceSelector as _conveyor_router_ServiceSelector, ServiceSelector__Output as _conveyor_router_ServiceSelector__Output } from '../../conveyor/router/ServiceSelector.ts';
import type { RoutingRule as _conveyor_router_RoutingRule, RoutingRule__Output as _conveyor_router_RoutingRule__Output } from '../../conveyor/router/RoutingRule.ts';

export interface Stage {
  'id'?: (string);
  'name'?: (string);
  'stageType'?: (_conveyor_router_StageType);
  'serviceSelector'?: (_conveyor_router_ServiceSelector | null);
  'routingRules'?: (_conveyor_router_RoutingRule)[];
  'parallelism'?: (number);
}

export interface Stage__Output {
  'id': (string);
  'name': (string);
  'stageType': (_conveyor_router_StageType__Output);
  'serviceSelector': (_conveyor_router_ServiceSelector__Output | null);
  'routingRules': (_conveyor_router_RoutingRule__Output)[];
  'parallelism': (number);
}
