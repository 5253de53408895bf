import type { Host, StageHosts } from './hosts.ts';
import { isUsable } from './hosts.ts';
import type { StageToPlace } from './inputs.ts';

/** Something that a pipeline's status says. The types are stable and meant for programs. */
export interface Condition {
  readonly type:
    | 'STAGE_MISSING'
    | 'STAGE_UNAVAILABLE'
    | 'SOURCE_NOT_CONNECTED'
    | 'TYPE_MISMATCH'
    | 'CONTRACT_MISMATCH'
    | 'HOP_LIMIT'
    | 'NOT_ACTED_ON'
    | 'DISABLED';
  readonly stageId?: string;
  /** For people: what, and who. */
  readonly message: string;
}

/** What there is to say of one stage. */
export function stageConditions(stage: StageToPlace, found: StageHosts): Condition[] {
  const { id: stageId, type, serviceName } = stage;
  const say = (kind: Condition['type'], message: string): Condition => ({ type: kind, stageId, message });
  const hashes = new Set(
    found.hosts.map(({ service }) => service.descriptorHash).filter((hash) => hash !== ''),
  );
  return [
    ...missing(stage, found, say),
    ...(found.wrongType.length > 0
      ? [say('TYPE_MISMATCH', `"${serviceName}" is not a ${type} at ${who(found.wrongType)}: not routed to`)]
      : []),
    ...(hashes.size > 1
      ? [
          say(
            'CONTRACT_MISMATCH',
            `"${serviceName}" has ${hashes.size} different contracts at ${who(found.hosts)}`,
          ),
        ]
      : []),
  ];
}

function missing(
  { type, serviceName }: StageToPlace,
  { hosts, otherLabels }: StageHosts,
  say: (kind: Condition['type'], message: string) => Condition,
): Condition[] {
  if (hosts.some(isUsable)) return [];
  if (hosts.length > 0)
    return [say('STAGE_UNAVAILABLE', `"${serviceName}" is draining or unhealthy at ${who(hosts)}`)];
  if (otherLabels.length > 0)
    return [say('STAGE_MISSING', `"${serviceName}" lacks the selector's labels at ${who(otherLabels)}`)];
  if (type === 'source')
    return [say('SOURCE_NOT_CONNECTED', `no source "${serviceName}": it is known from its first push on`)];
  return [say('STAGE_MISSING', `nobody offers a ${type} "${serviceName}"`)];
}

/** The first few by name: a status is for reading. */
function who(hosts: readonly Host[], shown = 3): string {
  const names = hosts.map(({ candidate }) => candidate.sidecarId).sort();
  const more = names.length - shown;
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
