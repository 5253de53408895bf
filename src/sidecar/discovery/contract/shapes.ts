import type { DescriptorPool, FieldShape, MethodShape } from './descriptors.ts';

/** The contract, and what a server says it speaks. */
export interface Pools {
  readonly contract: DescriptorPool;
  readonly found: DescriptorPool;
}

/** A message type on both sides, and where it stands, for the text of a difference. */
interface Pair {
  readonly path: string;
  readonly contract: string;
  readonly found: string;
}

const missing = (field: FieldShape): string => `is missing (${field.cardinality} ${field.type})`;

/** The field that stands for the contract's; a text where there is none. */
function counterpart(expected: FieldShape, fields: readonly FieldShape[]): FieldShape | string {
  const named = fields.find(({ name }) => name === expected.name);
  if (named !== undefined && named.number !== expected.number)
    return `has number ${named.number} instead of ${expected.number}`;
  return fields.find(({ number }) => number === expected.number) ?? missing(expected);
}

function fieldDifference(expected: FieldShape, found: FieldShape): string | undefined {
  if (found.type !== expected.type) return `is ${found.type} instead of ${expected.type}`;
  if (found.cardinality !== expected.cardinality)
    return `is ${found.cardinality} instead of ${expected.cardinality}`;
  return undefined;
}

/** A value under a name of the contract that means another number would be read as another outcome. */
function enumDifferences({ path, contract, found }: Pair, pools: Pools): string[] {
  const values = pools.found.enums.get(found)?.values;
  if (values === undefined) return [`${path}: enum ${found} is not among the descriptors`];
  return (pools.contract.enums.get(contract)?.values ?? []).flatMap(({ name, number }) => {
    const same = values.find((value) => value.name === name);
    return same === undefined || same.number === number
      ? []
      : [`${path}: value ${name} has number ${same.number} instead of ${number}`];
  });
}

/**
 * How a message type differs from the contract's: by shape, never by the name of a type. Every field of the contract
 * must be there under its number, with its type and cardinality; further fields are fine unless they are required.
 */
function messageDifferences(top: Pair, pools: Pools): string[] {
  const differences: string[] = [];
  const seen = new Set<string>();
  const waiting: Pair[] = [top];
  for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
    const key = `${pair.contract} ${pair.found}`;
    // well-known types have one definition, which servers need not repeat
    if (seen.has(key) || (pair.contract === pair.found && pair.contract.startsWith('google.protobuf.')))
      continue;
    seen.add(key);
    if (pools.contract.enums.has(pair.contract)) differences.push(...enumDifferences(pair, pools));
    else differences.push(...compareFields(pair, pools, waiting));
  }
  return differences;
}

function compareFields(pair: Pair, pools: Pools, nested: Pair[]): string[] {
  const fields = pools.found.messages.get(pair.found)?.fields;
  if (fields === undefined) return [`${pair.path}: message ${pair.found} is not among the descriptors`];
  const expectations = pools.contract.messages.get(pair.contract)?.fields ?? [];
  const known = new Set(expectations.map(({ number }) => number));
  const differences = fields
    .filter(({ cardinality, number }) => cardinality === 'required' && !known.has(number))
    .map(({ name, number }) => `${pair.path}.${name}: field ${number} is required and not of the contract`);
  for (const expected of expectations) {
    const path = `${pair.path}.${expected.name}`;
    const found = counterpart(expected, fields);
    const difference = typeof found === 'string' ? found : fieldDifference(expected, found);
    if (difference !== undefined) differences.push(`${path}: field ${expected.number} ${difference}`);
    else if (typeof found !== 'string' && expected.typeName !== '')
      nested.push({ path, contract: expected.typeName, found: found.typeName });
  }
  return differences;
}

const streaming = ({ clientStreaming, serverStreaming }: MethodShape): string =>
  clientStreaming || serverStreaming ? 'streaming' : 'unary';

/** How a method differs from the contract's, one line a difference; empty when a call of ours is understood. */
export function methodDifferences(
  expected: MethodShape,
  found: MethodShape | undefined,
  pools: Pools,
): string[] {
  if (found === undefined) return [`${expected.name}: method is missing`];
  if (streaming(expected) !== streaming(found))
    return [`${expected.name}: method is ${streaming(found)} instead of ${streaming(expected)}`];
  const pair = (side: 'input' | 'output', word: string): Pair => ({
    path: `${expected.name} ${word}`,
    contract: expected[side],
    found: found[side],
  });
  return [
    ...messageDifferences(pair('input', 'request'), pools),
    ...messageDifferences(pair('output', 'response'), pools),
  ];
}
