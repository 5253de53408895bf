import type { ObjectName, Resource, Selection } from '../api.ts';

/** What is asked beside the path; undefined and false are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function base({ group, version }: Resource): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** `core/v1` is `v1` in an object. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of a kind of object, in one namespace or, without one, in all. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const within =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base(resource)}${within}/${resource.plural}`;
}

/** The path of one object or of a part of it. */
export function objectPath(
  resource: Resource,
  { namespace, name }: { readonly [Key in keyof ObjectName]?: ObjectName[Key] | undefined },
  subresource?: string,
): string {
  const parts = [collectionPath(resource, namespace)];
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** The query of a selection. */
export function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return { labelSelector, fieldSelector };
}

/** A path with its query. */
export function withQuery(path: string, query: Query): string {
  const text = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined || value === false ? [] : [[key, String(value)] as [string, string]],
    ),
  ).toString();
  return text === '' ? path : `${path}?${text}`;
}
