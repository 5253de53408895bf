import type { Resource as ApiResource } from '../../foundation/kubernetes/api.ts';
import { API_VERSION, type Resource } from './schema.ts';

/** The kinds of custom resources. */
export type Kind = Resource['kind'];

const [group = '', version = ''] = API_VERSION.split('/');
const custom = (kind: Kind, plural: string): ApiResource => ({
  ...{ group, version, kind, plural, namespaced: true },
});

/** Where the API serves them. */
export const CUSTOM_RESOURCES = {
  Pipeline: custom('Pipeline', 'pipelines'),
  Transform: custom('Transform', 'transforms'),
  Sink: custom('Sink', 'sinks'),
  Source: custom('Source', 'sources'),
} as const satisfies Record<Kind, ApiResource>;
