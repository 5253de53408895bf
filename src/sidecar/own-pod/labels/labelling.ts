import { isDeepStrictEqual } from 'node:util';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';
import type { PodFacts } from '../facts/facts.ts';
import { type LabelSources, registrationLabels } from './labels.ts';
import { zoneOf } from './zone.ts';

/** The labels of the registration over time. */
export interface Labelling {
  /** The same object until they change. */
  current(): Readonly<Record<string, string>>;
  onChange(listener: () => void): () => void;
  update(facts: PodFacts | undefined): void;
  /** Asks for the zone of the pod's node, once for a node. @throws what the signal aborts with. */
  findZone(api: KubeApi, facts: PodFacts, signal: AbortSignal): Promise<void>;
}

/** Starts with what is known without the API. */
export function createLabelling(sources: Pick<LabelSources, 'configured' | 'downward'>): Labelling {
  const listeners = createListeners();
  let zone: { readonly node: string; readonly name: string } | undefined;
  const labelsOf = (facts: PodFacts | undefined): Record<string, string> =>
    registrationLabels({ ...sources, facts, zone: zone?.name ?? '' });
  let labels = labelsOf(undefined);
  const update = (facts: PodFacts | undefined): void => {
    const next = labelsOf(facts);
    if (isDeepStrictEqual(next, labels)) return;
    labels = next;
    listeners.tell();
  };
  return {
    current: () => labels,
    onChange: (listener) => listeners.on(listener),
    update,
    async findZone(api, facts, signal) {
      const { node } = facts;
      if (node === '' || zone?.node === node) return;
      const name = await zoneOf(api, node, signal);
      if (name === undefined) return;
      zone = { node, name };
      update(facts);
    },
  };
}
