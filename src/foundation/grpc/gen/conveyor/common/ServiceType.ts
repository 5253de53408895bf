// Generated from proto/ by `make generate`.

export const ServiceType = {
  SERVICE_TYPE_UNSPECIFIED: 'SERVICE_TYPE_UNSPECIFIED',
  SERVICE_TYPE_SOURCE: 'SERVICE_TYPE_SOURCE',
  SERVICE_TYPE_TRANSFORM: 'SERVICE_TYPE_TRANSFORM',
  SERVICE_TYPE_SINK: 'SERVICE_TYPE_SINK',
  SERVICE_TYPE_LOOKUP: 'SERVICE_TYPE_LOOKUP',
} as const;

export type ServiceType =
  | 'SERVICE_TYPE_UNSPECIFIED'
  | 0
  | 'SERVICE_TYPE_SOURCE'
  | 1
  | 'SERVICE_TYPE_TRANSFORM'
  | 2
  | 'SERVICE_TYPE_SINK'
  | 3
  | 'SERVICE_TYPE_LOOKUP'
  | 4

export type ServiceType__Output = typeof ServiceType[keyof typeof ServiceType]
