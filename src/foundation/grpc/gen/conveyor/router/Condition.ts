// Generated from proto/ by `make generate`.

import type { MetadataMatch as _conveyor_router_MetadataMatch, MetadataMatch__Output as _conveyor_router_MetadataMatch__Output } from '../../conveyor/router/MetadataMatch.ts';
import type { AndCondition as _conveyor_router_AndCondition, AndCondition__Output as _conveyor_router_AndCondition__Output } from '../../conveyor/router/AndCondition.ts';
import type { OrCondition as _conveyor_router_OrCondition, OrCondition__Output as _conveyor_router_OrCondition__Output } from '../../conveyor/router/OrCondition.ts';
import type { NotCondition as _conveyor_router_NotCondition, NotCondition__Output as _conveyor_router_NotCondition__Output } from '../../conveyor/router/NotCondition.ts';

export interface Condition {
  'always'?: (string);
  'recordType'?: (string);
  'metadataMatch'?: (_conveyor_router_MetadataMatch | null);
  'expression'?: (string);
  'and'?: (_conveyor_router_AndCondition | null);
  'or'?: (_conveyor_router_OrCondition | null);
  'not'?: (_conveyor_router_NotCondition | null);
  'condition'?: "always"|"recordType"|"metadataMatch"|"expression"|"and"|"or"|"not";
}

export interface Condition__Output {
  'always'?: (string);
  'recordType'?: (string);
  'metadataMatch'?: (_conveyor_router_MetadataMatch__Output | null);
  'expression'?: (string);
  'and'?: (_conveyor_router_AndCondition__Output | null);
  'or'?: (_conveyor_router_OrCondition__Output | null);
  'not'?: (_conveyor_router_NotCondition__Output | null);
  'condition'?: "always"|"recordType"|"metadataMatch"|"expression"|"and"|"or"|"not";
}
