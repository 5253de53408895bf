import type { KubeObject } from '../../foundation/kubernetes/api.ts';
import { API_VERSION, type Resource } from './schema.ts';
import type { Kind } from './kinds.ts';

/** Written by kubectl for itself: a second copy of the resource, and nothing to show. */
const KUBECTL_COPY = 'kubectl.kubernetes.io/last-applied-configuration';

/** A Pipeline, Source, Transform or Sink as the API has it: read by nobody yet, so it may be anything. */
export interface CustomResource extends KubeObject {
  spec?: unknown;
  status?: Readonly<Record<string, unknown>>;
}

/** What a person wrote of it, as `readResource` takes it: a copy. @param spec another one than its own. */
export function writtenPart(
  kind: Kind,
  { metadata = {}, spec: own }: CustomResource,
  spec: unknown = own,
): unknown {
  const { name, namespace, labels, annotations } = metadata;
  return structuredClone({
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations: withoutCopy(annotations) }),
    },
    ...(spec === undefined ? {} : { spec }),
  });
}

function withoutCopy(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { [KUBECTL_COPY]: _copy, ...rest } = annotations;
  return rest;
}

/** The object with what the resource says; the rest of its metadata, its version among it, stays. */
export function rewritten({ metadata, status }: CustomResource, resource: Resource): CustomResource {
  const { labels, annotations } = resource.metadata;
  const copy = metadata?.annotations?.[KUBECTL_COPY];
  return {
    apiVersion: API_VERSION,
    kind: resource.kind,
    metadata: {
      ...metadata,
      labels: { ...labels },
      annotations: { ...annotations, ...(copy === undefined ? {} : { [KUBECTL_COPY]: copy }) },
    },
    spec: resource.spec,
    ...(status === undefined ? {} : { status }),
  };
}

/** Whether both say the same, so that reading the one is reading the other: a status may differ. */
export function sameText(one: CustomResource, other: CustomResource): boolean {
  const text = ({ metadata: { uid, generation, labels, annotations } = {} }: CustomResource): string =>
    JSON.stringify([uid, generation, labels, annotations]);
  return text(one) === text(other);
}
