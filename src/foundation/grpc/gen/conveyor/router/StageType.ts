// Generated from proto/ by `make generate`.

export const StageType = {
  STAGE_TYPE_UNSPECIFIED: 'STAGE_TYPE_UNSPECIFIED',
  STAGE_TYPE_SOURCE: 'STAGE_TYPE_SOURCE',
  STAGE_TYPE_TRANSFORM: 'STAGE_TYPE_TRANSFORM',
  STAGE_TYPE_SINK: 'STAGE_TYPE_SINK',
} as const;

export type StageType =
  | 'STAGE_TYPE_UNSPECIFIED'
  | 0
  | 'STAGE_TYPE_SOURCE'
  | 1
  | 'STAGE_TYPE_TRANSFORM'
  | 2
  | 'STAGE_TYPE_SINK'
  | 3

export type StageType__Output = typeof StageType[keyof typeof StageType]
