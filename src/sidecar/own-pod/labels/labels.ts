import { KEYS } from '../../../foundation/kubernetes/annotations.ts';
import type { PodFacts } from '../facts/facts.ts';
import { ZONE_LABEL } from './zone.ts';

/** Labels that a router takes of one sidecar. */
export const MAX_LABELS = 64;

/** What is known of the pod's place without the API. */
export interface Downward {
  /** '' when not known, as all of these. */
  readonly nodeName: string;
  readonly serviceAccount: string;
}

/** Where labels come from. */
export interface LabelSources {
  /** The user's: they win over all others. */
  readonly configured: Readonly<Record<string, string>>;
  readonly downward: Downward;
  readonly facts: PodFacts | undefined;
  /** Of the node, where it may be read; ''. */
  readonly zone: string;
}

/**
 * The labels of a registration: those of the pod, facts of its place and owner, and the user's, which win. Where they
 * are too many for a router the pod's own are left out first, from the end of the alphabet. Pure.
 */
export function registrationLabels({
  configured,
  downward,
  facts,
  zone,
}: LabelSources): Record<string, string> {
  const pod = facts?.labels ?? {};
  const place = {
    [KEYS.node]: facts?.node ?? downward.nodeName,
    [KEYS.zone]: zone === '' ? (pod[ZONE_LABEL] ?? '') : zone,
    [KEYS.serviceAccount]: facts?.serviceAccount ?? downward.serviceAccount,
    [KEYS.ownerKind]: facts?.owner?.kind ?? '',
    [KEYS.ownerName]: facts?.owner?.name ?? '',
  };
  const known = Object.entries(place).filter(([, value]) => value !== '');
  const own = Object.entries(pod).sort(([a], [b]) => (a < b ? -1 : 1));
  // the first of a key stands, and so do the first of all
  const ranked = [...Object.entries(configured), ...known, ...own];
  const chosen = new Map(ranked.toReversed());
  const kept = [...new Set(ranked.map(([key]) => key))].slice(0, MAX_LABELS);
  return Object.fromEntries(kept.map((key) => [key, chosen.get(key) ?? '']));
}
