// Generated from proto/ by `make generate`.

export const EventType = {
  EVENT_TYPE_UNSPECIFIED: 'EVENT_TYPE_UNSPECIFIED',
  EVENT_TYPE_ASSIGNED: 'EVENT_TYPE_ASSIGNED',
  EVENT_TYPE_UPDATED: 'EVENT_TYPE_UPDATED',
  EVENT_TYPE_REVOKED: 'EVENT_TYPE_REVOKED',
} as const;

export type EventType =
  | 'EVENT_TYPE_UNSPECIFIED'
  | 0
  | 'EVENT_TYPE_ASSIGNED'
  | 1
  | 'EVENT_TYPE_UPDATED'
  | 2
  | 'EVENT_TYPE_REVOKED'
  | 3

export type EventType__Output = typeof EventType[keyof typeof EventType]
