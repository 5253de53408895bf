// Generated from proto/ by `make generate`.

export const AckStatus = {
  ACK_STATUS_UNSPECIFIED: 'ACK_STATUS_UNSPECIFIED',
  ACK_STATUS_SUCCESS: 'ACK_STATUS_SUCCESS',
  ACK_STATUS_FAILED: 'ACK_STATUS_FAILED',
  ACK_STATUS_RETRY: 'ACK_STATUS_RETRY',
} as const;

export type AckStatus =
  | 'ACK_STATUS_UNSPECIFIED'
  | 0
  | 'ACK_STATUS_SUCCESS'
  | 1
  | 'ACK_STATUS_FAILED'
  | 2
  | 'ACK_STATUS_RETRY'
  | 3

export type AckStatus__Output = typeof AckStatus[keyof typeof AckStatus]
