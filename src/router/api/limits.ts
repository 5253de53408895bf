import { ConveyorError } from '../../foundation/errors.ts';

/** Bounds of everything that a peer can send; a message is at most `messageBytes`. */
export const LIMITS = {
  messageBytes: 4 * 1024 * 1024,
  sidecars: 10_000,
  services: 256,
  labels: 64,
  /** Names, ids, endpoints, labels' keys and values. */
  textLength: 512,
  /** Messages for people are cut, not refused. */
  messageLength: 1_024,
  stageTotals: 4_096,
} as const;

/** @throws ConveyorError INVALID_ARGUMENT when there are more than `max`. */
export function bounded<T>(what: string, values: readonly T[], max: number): readonly T[] {
  if (values.length > max)
    throw new ConveyorError('INVALID_ARGUMENT', `${what}: ${values.length} given, at most ${max} are taken`);
  return values;
}

/** @throws ConveyorError INVALID_ARGUMENT when it is longer than a name may be. */
export function text(what: string, value: string): string {
  if (value.length > LIMITS.textLength)
    throw new ConveyorError('INVALID_ARGUMENT', `${what}: longer than ${LIMITS.textLength} characters`);
  return value;
}

/** @throws ConveyorError INVALID_ARGUMENT when it is empty, or longer than a name may be. */
export function required(what: string, value: string): string {
  if (value === '') throw new ConveyorError('INVALID_ARGUMENT', `${what} is empty`);
  return text(what, value);
}

/** @throws ConveyorError INVALID_ARGUMENT when there are too many labels, or too long ones. */
export function labels(what: string, value: Readonly<Record<string, string>>): Record<string, string> {
  const entries = bounded(what, Object.entries(value), LIMITS.labels);
  return Object.fromEntries(entries.map(([key, each]) => [text(what, key), text(what, each)]));
}
