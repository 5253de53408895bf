import type { RecordOutline } from './outline.ts';

/**
 * What the answer of a stage, or of another sidecar, says of one record.
 * `outputs` go on, `filtered` ends a path well, `delivered` was confirmed by a sink of this pod, `forwarded` by another
 * sidecar; `failed` never will be, `returned` is for its sender to send again (semantics.md, "What a stage's answer means").
 */
export type Outcome =
  | { readonly kind: 'outputs'; readonly records: readonly RecordOutline[] }
  | { readonly kind: 'filtered' }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'forwarded' }
  | { readonly kind: 'failed'; readonly code: string; readonly error: string }
  | { readonly kind: 'returned'; readonly code: string; readonly error: string };

/** The outcomes that carry nothing: one object each, however many records. */
export const FILTERED: Outcome = { kind: 'filtered' };
export const DELIVERED: Outcome = { kind: 'delivered' };
export const FORWARDED: Outcome = { kind: 'forwarded' };

/** A record that never will be delivered. @param code stable, UPPER_SNAKE. */
export function failed(code: string, error: string): Outcome {
  return { kind: 'failed', code, error };
}

/** A record that its sender should send again. @param code stable, UPPER_SNAKE. */
export function returned(code: string, error: string): Outcome {
  return { kind: 'returned', code, error };
}
