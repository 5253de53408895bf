import type { Condition } from '../assignment/conditions.ts';
import type { Problem } from '../pipelines/problem.ts';
import type { StatusCondition } from './status-schema.ts';

/** A condition before it is known since when it holds. */
export type Finding = Pick<StatusCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Longest message of a condition that is written. */
const MAX_MESSAGE = 1_024;

/** What keeps records from flowing, the worst first. */
const NOT_READY: readonly Condition['type'][] = [
  'DISABLED',
  'STAGE_MISSING',
  'STAGE_UNAVAILABLE',
  'HOP_LIMIT',
];
/** What is not as it is meant to be. A pipeline that is off is. */
const DEGRADED: readonly Condition['type'][] = [
  'STAGE_MISSING',
  'STAGE_UNAVAILABLE',
  'HOP_LIMIT',
  'TYPE_MISMATCH',
  'CONTRACT_MISMATCH',
];

/** Ready and Degraded of a resource that cannot be taken as it is. @param runs whether an older one of it runs on. */
export function refused(problems: readonly Problem[], runs: boolean): Finding[] {
  const reasons = problems.filter(({ severity }) => severity === 'error').map(({ reason }) => reason);
  const message = cut(`${reasons.join('; ')}${runs ? '; the last one that could be taken runs on' : ''}`);
  return [
    { type: 'Ready', status: 'False', reason: 'Invalid', message },
    { type: 'Degraded', status: 'True', reason: 'Invalid', message },
  ];
}

/** Ready and Degraded of what is placed so. */
export function found(conditions: readonly Condition[]): Finding[] {
  const [blocked, degraded] = [NOT_READY, DEGRADED].map((types) => worst(conditions, types));
  const waiting = worst(conditions, ['SOURCE_NOT_CONNECTED']);
  return [
    blocked === undefined
      ? {
          type: 'Ready',
          status: 'True',
          ...(waiting ?? { reason: 'Placed', message: 'every stage is offered' }),
        }
      : { type: 'Ready', status: 'False', ...blocked },
    degraded === undefined
      ? { type: 'Degraded', status: 'False', reason: 'AsDefined', message: '' }
      : { type: 'Degraded', status: 'True', ...degraded },
  ];
}

/** The first of the types that occurs names the reason; the message has all that do, in their order. */
function worst(
  conditions: readonly Condition[],
  types: readonly Condition['type'][],
): Pick<Finding, 'reason' | 'message'> | undefined {
  const all = types.flatMap((type) => conditions.filter((condition) => condition.type === type));
  const [first] = all;
  if (first === undefined) return undefined;
  return { reason: camelCase(first.type), message: cut(all.map(({ message }) => message).join('; ')) };
}

/** `STAGE_MISSING` as Kubernetes writes it: `StageMissing`. */
function camelCase(type: string): string {
  return type.toLowerCase().replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

const cut = (text: string): string =>
  text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;
