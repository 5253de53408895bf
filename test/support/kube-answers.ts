import type { Operation } from 'rfc6902';
import {
  applyMerge,
  jsonPatch,
  matchesFields,
  matchesLabels,
  mergePatch,
  type Place,
  Refusal,
  type Store,
  type Stored,
} from './kube-store.ts';

/** A request that the API has had. */
export interface KubeRequestSeen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of the bearer; '' without one. */
  readonly token: string;
  readonly body: Stored | undefined;
}

/** Answers to reviews; by default every token is refused and everything is allowed. */
export interface Reviews {
  token: (spec: { token?: string; audiences?: string[] }) => object;
  access: (spec: Record<string, unknown>) => object;
}

/** What a path names. */
export interface Target {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** What a path names; undefined for one that is none of objects. */
export function targetOf(path: string): Target | undefined {
  const [root, ...parts] = path.slice(1).split('/').map(decodeURIComponent);
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version] = root === 'api' ? ['', parts.shift()] : [parts.shift(), parts.shift()];
  // /namespaces/x is the namespace itself; /namespaces/x/pods is what it holds
  const within = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2]!);
  const namespace = within ? parts[1] : undefined;
  const [plural, name, subresource] = within ? parts.slice(2) : parts;
  if (plural === undefined) return undefined;
  return { collection: `${group}/${version}/${plural}`, namespace, name, subresource };
}

/** Whether a request with that query is about the object. */
export function selects(
  query: URLSearchParams,
  namespace: string | undefined,
  object: Stored | undefined,
): boolean {
  return (
    object !== undefined &&
    (namespace === undefined || object.metadata?.namespace === namespace) &&
    matchesLabels(object, query.get('labelSelector')) &&
    matchesFields(object, query.get('fieldSelector'))
  );
}

/** What an answer comes from. */
export interface Handling {
  readonly store: Store;
  readonly reviews: Reviews;
  readonly seen: KubeRequestSeen;
  readonly target: Target;
  readonly type: string;
}

/** Everything but watches: an HTTP status and a body. */
export function handle(handling: Handling): readonly [number, object] {
  const { store, seen, target } = handling;
  const { collection, namespace, name } = target;
  if (seen.method === 'POST') return created(handling);
  if (name === undefined) return [200, listed(store, seen, target)];
  const place = { collection, namespace, name };
  const current = store.get(place);
  const missing = new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
  if (seen.method === 'PATCH' && current === undefined && handling.type.includes('apply'))
    return [201, written(handling, place, { ...seen.body })];
  if (current === undefined) throw missing;
  switch (seen.method) {
    case 'GET':
      return [200, current];
    case 'PUT':
      return [200, written(handling, place, { ...seen.body })];
    case 'PATCH':
      return [200, written(handling, place, patched(handling, current))];
    case 'DELETE':
      return [200, store.remove(place) ?? {}];
    default:
      throw new Refusal(405, 'MethodNotAllowed', seen.method);
  }
}

function patched({ seen, type }: Handling, current: Stored): Stored {
  if (type.includes('json-patch')) return jsonPatch(current, seen.body as unknown as Operation[]) as Stored;
  if (type.includes('apply')) return applyMerge(current, seen.body) as Stored;
  if (type.includes('merge-patch')) return mergePatch(current, seen.body) as Stored;
  throw new Refusal(415, 'UnsupportedMediaType', type);
}

/** Checks the version; a status and the rest are written apart from each other. */
function written({ store, seen, target, type }: Handling, place: Place, next: Stored): Stored {
  const current = store.get(place);
  const expected = Array.isArray(seen.body) ? undefined : seen.body?.metadata?.resourceVersion;
  if (expected !== undefined && expected !== '' && expected !== current?.metadata?.resourceVersion)
    throw new Refusal(409, 'Conflict', `${place.name}: the object has been modified`);
  const dryRun = seen.query.get('dryRun') === 'All';
  if (type.includes('apply') && seen.query.get('fieldManager') === null)
    throw new Refusal(400, 'BadRequest', 'fieldManager is required for apply patch');
  if (target.subresource === 'status' && current !== undefined)
    return store.put(place, { ...current, status: next['status'] }, { dryRun });
  const { status: _, ...rest } = next;
  const status = current?.['status'];
  return store.put(place, status === undefined ? rest : { ...rest, status }, { dryRun });
}

function listed(store: Store, { query }: KubeRequestSeen, { collection, namespace }: Target): object {
  const all = store.list(collection, namespace).filter((object) => selects(query, namespace, object));
  const from = Number(query.get('continue') ?? 0);
  const limit = Number(query.get('limit') ?? 0);
  const to = limit === 0 ? all.length : from + limit;
  return {
    kind: 'List',
    metadata: {
      resourceVersion: String(store.version),
      ...(to < all.length ? { continue: String(to) } : {}),
    },
    // as the real one does: no kind on the items of a list
    items: all.slice(from, to).map(({ kind: _, apiVersion: __, ...object }) => object),
  };
}

function created({ store, reviews, seen, target }: Handling): readonly [number, object] {
  const { collection, namespace } = target;
  const body = seen.body ?? {};
  const spec = (body['spec'] ?? {}) as Record<string, unknown>;
  if (collection.endsWith('/tokenreviews')) return [201, { ...body, status: reviews.token(spec) }];
  if (collection.endsWith('accessreviews')) return [201, { ...body, status: reviews.access(spec) }];
  if (target.subresource === 'eviction') {
    const pod = store.remove({ collection, namespace, name: target.name ?? '' });
    if (pod === undefined) throw new Refusal(404, 'NotFound', `pods "${target.name}" not found`);
    return [201, { kind: 'Status', status: 'Success' }];
  }
  if (target.subresource !== undefined) throw new Refusal(404, 'NotFound', target.subresource);
  const { name: given, generateName = '' } = body.metadata ?? {};
  const name = given ?? `${generateName}${Math.random().toString(36).slice(2, 7)}`;
  const place = { collection, namespace, name };
  if (store.get(place) !== undefined)
    throw new Refusal(409, 'AlreadyExists', `${collection} "${name}" already exists`);
  const { status: _, ...object } = body;
  return [201, store.put(place, object, { dryRun: seen.query.get('dryRun') === 'All' })];
}
