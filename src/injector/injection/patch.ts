/** One operation of RFC 6902; `parts` is its path before it is made a pointer. */
export interface Operation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly parts: readonly (string | number)[];
  readonly value?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What turns one JSON value into another, without order among keys. Lists are compared place by place, which is exact
 * for lists that grow at their end, and takes time in proportion to their length.
 */
export function difference(
  before: unknown,
  after: unknown,
  parts: Operation['parts'] = [],
): readonly Operation[] {
  if (before === after) return [];
  if (Array.isArray(before) && Array.isArray(after)) return listDifference(before, after, parts);
  if (isObject(before) && isObject(after)) return objectDifference(before, after, parts);
  return [{ op: 'replace', parts, value: after }];
}

function listDifference(
  before: readonly unknown[],
  after: readonly unknown[],
  parts: Operation['parts'],
): Operation[] {
  const shared = Math.min(before.length, after.length);
  const changes = after
    .slice(0, shared)
    .flatMap((value, index) => difference(before[index], value, [...parts, index]));
  const added = after
    .slice(shared)
    .map((value, index): Operation => ({ op: 'add', parts: [...parts, shared + index], value }));
  const removed = before
    .slice(shared)
    .map((_, index): Operation => ({ op: 'remove', parts: [...parts, shared + index] }));
  return [...changes, ...added, ...removed.reverse()];
}

function objectDifference(before: Json, after: Json, parts: Operation['parts']): Operation[] {
  const removed = Object.keys(before)
    .filter((key) => after[key] === undefined)
    .map((key): Operation => ({ op: 'remove', parts: [...parts, key] }));
  const written = Object.entries(after).flatMap(([key, value]): readonly Operation[] => {
    if (value === undefined) return [];
    if (before[key] === undefined) return [{ op: 'add', parts: [...parts, key], value }];
    return difference(before[key], value, [...parts, key]);
  });
  return [...removed, ...written];
}

/**
 * Operations as a JSON patch.
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function toJsonPatch(operations: readonly Operation[]): object[] {
  return operations.map(({ op, parts, value }) => ({
    op,
    path: parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    ...(op === 'remove' ? {} : { value }),
  }));
}
