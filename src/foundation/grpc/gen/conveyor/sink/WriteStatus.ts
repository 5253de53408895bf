// Generated from proto/ by `make generate`.

export const WriteStatus = {
  WRITE_STATUS_UNSPECIFIED: 'WRITE_STATUS_UNSPECIFIED',
  WRITE_STATUS_SUCCESS: 'WRITE_STATUS_SUCCESS',
  WRITE_STATUS_PARTIAL: 'WRITE_STATUS_PARTIAL',
  WRITE_STATUS_FAILED: 'WRITE_STATUS_FAILED',
  WRITE_STATUS_PENDING: 'WRITE_STATUS_PENDING',
} as const;

export type WriteStatus =
  | 'WRITE_STATUS_UNSPECIFIED'
  | 0
  | 'WRITE_STATUS_SUCCESS'
  | 1
  | 'WRITE_STATUS_PARTIAL'
  | 2
  | 'WRITE_STATUS_FAILED'
  | 3
  | 'WRITE_STATUS_PENDING'
  | 4

export type WriteStatus__Output = typeof WriteStatus[keyof typeof WriteStatus]
