import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts';

/** A pod, or what pods are made of, inside an object of any kind. */
export interface Workload {
  /** `Deployment/prod/mask`, for people. */
  readonly title: string;
  readonly namespace: string;
  /** Where the pod or template is in the document. */
  readonly path: readonly (string | number)[];
  readonly pod: Pod;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// a PodTemplate; most workloads and custom ones like an Argo Rollout; a CronJob
const TEMPLATE_PATHS = [['template'], ['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template']];

/**
 * Every pod and pod template of a document: a Pod, a List of anything, and whatever kind has a template with
 * containers where the known kinds have it.
 */
export function workloadsOf(document: unknown, path: readonly (string | number)[] = []): Workload[] {
  if (!isObject(document)) return [];
  const { kind, items } = document;
  if (Array.isArray(items))
    return items.flatMap((item, index) => workloadsOf(item, [...path, 'items', index]));
  const paths = kind === 'Pod' ? [[]] : TEMPLATE_PATHS;
  return paths.flatMap((inner) => {
    const pod = at(document, inner);
    return isTemplate(pod)
      ? [{ ...namesOf(document), path: [...path, ...inner], pod: withoutNulls(pod) as Pod }]
      : [];
  });
}

function at(document: Json, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), document);
}

function isTemplate(value: unknown): value is PodTemplateSpec {
  const spec = isObject(value) ? value['spec'] : undefined;
  const containers = isObject(spec) ? spec['containers'] : undefined;
  return (
    Array.isArray(containers) &&
    containers.length > 0 &&
    containers.every((each) => isObject(each) && typeof each['name'] === 'string')
  );
}

/** An empty key, `env:`, is as good as none. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutNulls(part)]));
}

function namesOf({ kind, metadata }: Json): Pick<Workload, 'title' | 'namespace'> {
  const { name, generateName, namespace } = isObject(metadata) ? metadata : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const parts = [text(kind), text(namespace), text(name) || text(generateName)];
  return { title: parts.filter((part) => part !== '').join('/'), namespace: text(namespace) };
}
