// Generated from proto/ by `make generate`.

import type { Long } from '@grpc/proto-loader';

export interface StageStats {
  'pipelineId'?: (string);
  'stageId'?: (string);
  'records'?: (number | string | Long);
  'buffered'?: (number | string | Long);
  'errors'?: (number | string | Long);
  'latencyMs'?: (number | string);
}

export interface StageStats__Output {
  'pipelineId': (string);
  'stageId': (string);
  'records': (number);
  'buffered': (number);
  'errors': (number);
  'latencyMs': (number);
}
