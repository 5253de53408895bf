// Generated from proto/ by `make generate`.

import type { NodeStatus as _conveyor_router_NodeStatus, NodeStatus__Output as _conveyor_router_NodeStatus__Output } from '../../conveyor/router/NodeStatus.ts';
import type { ClusterHealth as _conveyor_router_ClusterHealth, ClusterHealth__Output as _conveyor_router_ClusterHealth__Output } from '../../conveyor/router/ClusterHealth.ts';
import type { Long } from '@grpc/proto-loader';

export interface GetClusterStatusResponse {
  'nodeId'?: (number | string | Long);
  'leaderId'?: (number | string | Long);
  'term'?: (number | string | Long);
  'commitIndex'?: (number | string | Long);
  'appliedIndex'?: (number | string | Long);
  'nodes'?: (_conveyor_router_NodeStatus)[];
  'health'?: (_conveyor_router_ClusterHealth);
}

export interface GetClusterStatusResponse__Output {
  'nodeId': (number);
  'leaderId': (number);
  'term': (number);
  'commitIndex': (number);
  'appliedIndex': (number);
  'nodes': (_conveyor_router_NodeStatus__Output)[];
  'health': (_conveyor_router_ClusterHealth__Output);
}
