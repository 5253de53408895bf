// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface SidecarLoad {
  'cpuUsage'?: (number | string);
  'memoryUsage'?: (number | string);
  'totalActiveRequests'?: (number | string | Long);
  'localQueueDepth'?: (number | string | Long);
}

export interface SidecarLoad__Output {
  'cpuUsage': (number);
  'memoryUsage': (number);
  'totalActiveRequests': (number);
  'localQueueDepth': (number);
}
