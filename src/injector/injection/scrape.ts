import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import { portIn } from './decide.ts';

/** The annotations by which many a Prometheus finds pods; there is one port for a pod. */
export const SCRAPE_KEYS: readonly string[] = [
  'prometheus.io/scrape',
  'prometheus.io/port',
  'prometheus.io/path',
];

/** Annotations that have the admin port scraped; none where the pod declares a scrape of its own. */
export function scrapeAnnotations(
  annotations: Readonly<Record<string, string>>,
  adminPort: number,
): Record<string, string> {
  if (Object.keys(annotations).some((key) => key.startsWith('prometheus.io/'))) return {};
  const values = ['true', String(adminPort), '/metrics'];
  return Object.fromEntries(SCRAPE_KEYS.map((key, index) => [key, values[index] ?? '']));
}

/** Whether the declared scrape of an injected pod is the one that was injected. */
export function isOwnScrape(pod: Pod): boolean {
  return pod.metadata?.annotations?.['prometheus.io/port'] === String(portIn(pod, NAMES.adminPort));
}
