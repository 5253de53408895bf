// Generated from proto/ by `make generate`.

import type { HealthStatus as _conveyor_common_HealthStatus, HealthStatus__Output as _conveyor_common_HealthStatus__Output } from '../../conveyor/common/HealthStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocalServiceHealth {
  'serviceName'?: (string);
  'healthy'?: (boolean);
  'activeRequests'?: (number | string | Long);
  'status'?: (_conveyor_common_HealthStatus);
  'message'?: (string);
}

export interface LocalServiceHealth__Output {
  'serviceName': (string);
  'healthy': (boolean);
  'activeRequests': (number);
  'status': (_conveyor_common_HealthStatus__Output);
  'message': (string);
}
