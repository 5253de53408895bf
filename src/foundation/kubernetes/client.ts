import type { ListMeta } from 'kubernetes-types/meta/v1.d.ts';
import type {
  KubeApi,
  KubeObject,
  ObjectList,
  ObjectName,
  Patch,
  Resource,
  Selection,
  WriteOptions,
} from './api.ts';
import { loadCredentials } from './http/credentials.ts';
import { deadline } from './http/deadline.ts';
import {
  apiVersionOf,
  collectionPath,
  objectPath,
  type Query,
  selectionQuery,
  withQuery,
} from './http/paths.ts';
import {
  broken,
  createTransport,
  parsed,
  type KubeRequest,
  readText,
  type Transport,
} from './http/transport.ts';
import { watch } from './http/watch.ts';

/** How to reach the API. */
export interface KubeOptions {
  /** Path of a kubeconfig; the pod's service account unless told, and for ''. */
  readonly kubeconfig?: string;
  /** Milliseconds that a call may take, and a watch beyond the end that it asks for; 10,000 unless told. */
  readonly timeoutMs?: number;
}

// etcd takes 1.5 MiB an object; a page is many
const MAX_BYTES = 32 * 1_024 * 1_024;
const PAGE = 500;

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const satisfies Record<Patch['type'], string>;

/**
 * Connects to the API by a kubeconfig or the pod's service account: client-node knows the many ways to
 * authenticate, everything else is plain HTTP. Nothing is sent yet. @throws CONFIG_INVALID without access to any.
 */
export async function connectKube({ kubeconfig, timeoutMs = 10_000 }: KubeOptions): Promise<KubeApi> {
  return createApi(
    createTransport(await loadCredentials(kubeconfig === '' ? undefined : kubeconfig)),
    timeoutMs,
  );
}

/** An object says what it is, which the items of a list do not. */
function typed<T extends object>(resource: Resource, object: T): T {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
}

/** An applied object says its name, too. */
function namedAs(name: ObjectName, object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...name } };
}

function nameOf({ metadata: { namespace, name } = {} }: KubeObject): Partial<ObjectName> {
  return { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
}

/** `never` is what fits every type: what an object is, only the caller knows. */
function createApi(transport: Transport, timeoutMs: number): KubeApi {
  const call = async (request: Omit<KubeRequest, 'signal'>, signal?: AbortSignal): Promise<never> => {
    const limit = deadline(timeoutMs, signal);
    try {
      const response = await transport({ ...request, signal: limit.signal });
      return parsed(await readText(response, MAX_BYTES)) as never;
    } catch (error) {
      throw broken(error, limit.signal);
    } finally {
      limit.end();
    }
  };
  const get = (path: string, signal?: AbortSignal): Promise<never> => call({ method: 'GET', path }, signal);
  const dry = ({ dryRun }: WriteOptions): Query => (dryRun === true ? { dryRun: 'All' } : {});
  async function* pages(
    resource: Resource,
    selection: Selection,
    signal?: AbortSignal,
  ): AsyncGenerator<ObjectList<never>> {
    let next: string | undefined;
    do {
      const query = { ...selectionQuery(selection), limit: PAGE, continue: next };
      const path = withQuery(collectionPath(resource, selection.namespace), query);
      const { items, metadata }: { metadata: ListMeta; items?: never[] | null } = await get(path, signal);
      yield {
        items: (items ?? []).map((item) => typed(resource, item)),
        resourceVersion: metadata.resourceVersion ?? '',
      };
      next = metadata.continue;
    } while (next !== undefined && next !== '');
  }

  return {
    get: (resource, name, signal) => get(objectPath(resource, name), signal),

    pages,

    async list(resource, selection, signal) {
      const items: never[] = [];
      let resourceVersion = '';
      for await (const page of pages(resource, selection, signal)) {
        items.push(...page.items);
        ({ resourceVersion } = page);
      }
      return { items, resourceVersion };
    },

    watch: (resource, options, signal) => watch({ transport, timeoutMs, resource, options, signal }),

    create(resource, object, options = {}, signal) {
      const { namespace, name } = nameOf(object);
      // a part is made of an object that has a name; an object itself by a request to all of its kind
      const at = { namespace, ...(options.subresource === undefined ? {} : { name }) };
      const path = withQuery(objectPath(resource, at, options.subresource), dry(options));
      const body = { type: 'application/json', value: typed(resource, object) };
      return call({ method: 'POST', path, body }, signal);
    },

    update(resource, object, options = {}, signal) {
      const path = withQuery(objectPath(resource, nameOf(object), options.subresource), dry(options));
      const body = { type: 'application/json', value: typed(resource, object) };
      return call({ method: 'PUT', path, body }, signal);
    },

    patch(...[resource, name, patch, options = {}, signal]) {
      const apply = patch.type === 'apply';
      const manager = apply ? { fieldManager: patch.fieldManager, force: patch.force } : {};
      const path = withQuery(objectPath(resource, name, options.subresource), {
        ...dry(options),
        ...manager,
      });
      const value = apply ? typed(resource, namedAs(name, patch.body)) : patch.body;
      return call({ method: 'PATCH', path, body: { type: PATCH_TYPES[patch.type], value } }, signal);
    },

    async delete(resource, name, signal) {
      await call({ method: 'DELETE', path: objectPath(resource, name) }, signal);
    },

    version: (signal) => get('/version', signal),
  };
}
