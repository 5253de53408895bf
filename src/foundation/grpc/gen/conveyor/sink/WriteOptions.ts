// Generated from proto/ by `make generate`.

import type { DeliveryGuarantee as _conveyor_sink_DeliveryGuarantee, DeliveryGuarantee__Output as _conveyor_sink_DeliveryGuarantee__Output } from '../../conveyor/sink/DeliveryGuarantee.ts';

export interface WriteOptions {
  'requireAck'?: (boolean);
  'timeoutMs'?: (number);
  'guarantee'?: (_conveyor_sink_DeliveryGuarantee);
}

export interface WriteOptions__Output {
  'requireAck': (boolean);
  'timeoutMs': (number);
  'guarantee': (_conveyor_sink_DeliveryGuarantee__Output);
}
