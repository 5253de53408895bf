// Generated from proto/ by `make generate`.

import type { LoadBalanceStrategy as _conveyor_router_LoadBalanceStrategy, LoadBalanceStrategy__Output as _conveyor_router_LoadBalanceStrategy__Output } from '../../conveyor/router/LoadBalanceStrategy.ts';

export interface ServiceSelector {
  'serviceName'?: (string);
  'groupId'?: (string);
  'labels'?: ({[key: string]: string});
  'loadBalance'?: (_conveyor_router_LoadBalanceStrategy);
}

export interface ServiceSelector__Output {
  'serviceName': (string);
  'groupId': (string);
  'labels': ({[key: string]: string});
  'loadBalance': (_conveyor_router_LoadBalanceStrategy__Output);
}
