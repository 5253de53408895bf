import { z } from 'zod';

/** A node of a JSON schema. */
type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A zod schema as the API server takes schemas: structural. What is free becomes
 * `x-kubernetes-preserve-unknown-fields`; unknown fields elsewhere are pruned by the server, so that nothing needs to
 * forbid them.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function structural(schema: z.ZodType): Node {
  return convert(z.toJSONSchema(schema, { io: 'input' }));
}

function convert(node: Node): Node {
  // null beside another type: the API server takes a field that is null as one that is not there
  if (Array.isArray(node['anyOf'])) {
    const { anyOf, ...rest } = node;
    const alternatives = (anyOf as Node[]).filter(({ type }) => type !== 'null');
    const [only, ...more] = alternatives;
    if (only === undefined || more.length > 0) throw new Error('alternatives are not structural');
    return convert({ ...only, ...rest });
  }
  const { $schema: _schema, propertyNames: _names, additionalProperties, properties, items, ...rest } = node;
  const { type, description, ...constraints } = rest;
  const isMap = isNode(additionalProperties) && Object.keys(additionalProperties).length > 0;
  const isFree = (isNode(additionalProperties) && !isMap) || type === undefined;
  return {
    ...(type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description }),
    ...(type === 'integer' ? integer(constraints) : constraints),
    ...(isMap ? { additionalProperties: convert(additionalProperties) } : {}),
    ...(isFree ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(isNode(properties) && Object.keys(properties).length > 0
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, convert(value as Node)]),
          ),
        }
      : {}),
    ...(isNode(items) ? { items: convert(items) } : {}),
  };
}

/** What every JavaScript number keeps to says nothing. */
function integer({ maximum, ...rest }: Node): Node {
  return { format: 'int64', ...rest, ...(maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }) };
}
