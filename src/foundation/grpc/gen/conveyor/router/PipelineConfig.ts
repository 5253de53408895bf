// Generated from proto/ by `make generate`.

import type { Stage as _conveyor_router_Stage, Stage__Output as _conveyor_router_Stage__Output } from '../../conveyor/router/Stage.ts';
import type { Edge as _conveyor_router_Edge, Edge__Output as _conveyor_router_Edge__Output } from '../../conveyor/router/Edge.ts';

export interface PipelineConfig {
  'id'?: (string);
  'name'?: (string);
  'description'?: (string);
  'stages'?: (_conveyor_router_Stage)[];
  'edges'?: (_conveyor_router_Edge)[];
  'enabled'?: (boolean);
  'metadata'?: ({[key: string]: string});
}

export interface PipelineConfig__Output {
  'id': (string);
  'name': (string);
  'description': (string);
  'stages': (_conveyor_router_Stage__Output)[];
  'edges': (_conveyor_router_Edge__Output)[];
  'enabled': (boolean);
  'metadata': ({[key: string]: string});
}
