// Generated from proto/ by `make generate`.

export const Ordering = {
  ORDERING_UNSPECIFIED: 'ORDERING_UNSPECIFIED',
  ORDERING_PARTITION: 'ORDERING_PARTITION',
  ORDERING_NONE: 'ORDERING_NONE',
} as const;

export type Ordering =
  | 'ORDERING_UNSPECIFIED'
  | 0
  | 'ORDERING_PARTITION'
  | 1
  | 'ORDERING_NONE'
  | 2

export type Ordering__Output = typeof Ordering[keyof typeof Ordering]
