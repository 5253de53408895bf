// Generated from proto/ by `make generate`.

import type { ServiceType as _conveyor_common_ServiceType, ServiceType__Output as _conveyor_common_ServiceType__Output } from '../../conveyor/common/ServiceType.ts';

export interface ServiceIdentity {
  'serviceId'?: (string);
  'serviceType'?: (_conveyor_common_ServiceType);
  'name'?: (string);
  'version'?: (string);
  'capabilities'?: (string)[];
  'groupId'?: (string);
}

export interface ServiceIdentity__Output {
  'serviceId': (string);
  'serviceType': (_conveyor_common_ServiceType__Output);
  'name': (string);
  'version': (string);
  'capabilities': (string)[];
  'groupId': (string);
}
