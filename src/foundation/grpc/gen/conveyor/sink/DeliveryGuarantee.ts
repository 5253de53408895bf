// Generated from proto/ by `make generate`.

export const DeliveryGuarantee = {
  DELIVERY_GUARANTEE_UNSPECIFIED: 'DELIVERY_GUARANTEE_UNSPECIFIED',
  DELIVERY_GUARANTEE_AT_LEAST_ONCE: 'DELIVERY_GUARANTEE_AT_LEAST_ONCE',
  DELIVERY_GUARANTEE_EXACTLY_ONCE: 'DELIVERY_GUARANTEE_EXACTLY_ONCE',
} as const;

export type DeliveryGuarantee =
  | 'DELIVERY_GUARANTEE_UNSPECIFIED'
  | 0
  | 'DELIVERY_GUARANTEE_AT_LEAST_ONCE'
  | 1
  | 'DELIVERY_GUARANTEE_EXACTLY_ONCE'
  | 2

export type DeliveryGuarantee__Output = typeof DeliveryGuarantee[keyof typeof DeliveryGuarantee]
