import { createHash } from 'node:crypto';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { withPrefix } from '../../../foundation/grpc/definitions.ts';

/** A field as far as the wire can tell: what a peer must agree on. */
export interface FieldShape {
  readonly name: string;
  readonly number: number;
  /** `string`, `uint32`, `message`, `enum` …: the word of the .proto file. */
  readonly type: string;
  readonly cardinality: 'single' | 'repeated' | 'required';
  /** Full name of the message or enum, '' for a scalar. */
  readonly typeName: string;
}
/** A message type. */
export interface MessageShape {
  readonly name: string;
  /** The type that stands behind a `map` field. */
  readonly isMapEntry: boolean;
  readonly fields: readonly FieldShape[];
}
/** An enum type. */
export interface EnumShape {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}
/** A method; `input` and `output` are full names. */
export interface MethodShape {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}
/** A service under its full name. */
export interface ServiceShape {
  readonly name: string;
  readonly methods: readonly MethodShape[];
}
/**
 * One .proto file, flattened: nested types stand beside the others under their full names. References are as they
 * were written: with a leading dot, or relative to where they stand.
 */
export interface DescriptorFile {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly messages: readonly MessageShape[];
  readonly enums: readonly EnumShape[];
  readonly services: readonly ServiceShape[];
}
/** All that a set of files defines, by full name; references are full names too. */
export interface DescriptorPool {
  readonly messages: ReadonlyMap<string, MessageShape>;
  readonly enums: ReadonlyMap<string, EnumShape>;
  readonly services: ReadonlyMap<string, ServiceShape>;
}

interface RawEnum {
  name?: string;
  value: { name?: string; number?: number }[];
}
interface RawMessage {
  name?: string;
  field: {
    name?: string;
    number?: number;
    label?: number;
    type?: number;
    typeName?: string;
  }[];
  nestedType: RawMessage[];
  enumType: RawEnum[];
  options?: { mapEntry?: boolean };
}
interface RawService {
  name?: string;
  method: {
    name?: string;
    inputType?: string;
    outputType?: string;
    clientStreaming?: boolean;
    serverStreaming?: boolean;
  }[];
}
interface RawFile {
  name?: string;
  package?: string;
  dependency: string[];
  messageType: RawMessage[];
  enumType: RawEnum[];
  service: RawService[];
}

/** By the numbers of FieldDescriptorProto.Label. */
const CARDINALITY: readonly (FieldShape['cardinality'] | undefined)[] = [
  undefined,
  'single',
  'required',
  'repeated',
];

const scoped = (scope: string, name = ''): string => (scope === '' ? name : `${scope}.${name}`);

/** The words of the .proto language by their numbers in FieldDescriptorProto.Type, from 1. */
const TYPES = (
  'double float int64 uint64 int32 fixed64 fixed32 bool string group message bytes uint32 enum ' +
  'sfixed32 sfixed64 sint32 sint64'
).split(' ');

const fieldOf = (raw: RawMessage['field'][number]): FieldShape => ({
  name: raw.name ?? '',
  number: raw.number ?? 0,
  type: TYPES[(raw.type ?? 0) - 1] ?? `type ${raw.type ?? 0}`,
  cardinality: CARDINALITY[raw.label ?? 0] ?? 'single',
  typeName: raw.typeName ?? '',
});

const enumOf = (raw: RawEnum, scope: string): EnumShape => ({
  name: scoped(scope, raw.name),
  values: raw.value.map(({ name = '', number = 0 }) => ({ name, number })),
});

const serviceOf = (raw: RawService, scope: string): ServiceShape => ({
  name: scoped(scope, raw.name),
  methods: raw.method.map((method) => ({
    name: method.name ?? '',
    input: method.inputType ?? '',
    output: method.outputType ?? '',
    clientStreaming: method.clientStreaming ?? false,
    serverStreaming: method.serverStreaming ?? false,
  })),
});

function flatten(raw: RawFile): DescriptorFile {
  const scope = raw.package ?? '';
  const messages: MessageShape[] = [];
  const enums = raw.enumType.map((each) => enumOf(each, scope));
  const waiting = raw.messageType.map((message) => ({ message, scope }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const name = scoped(next.scope, next.message.name);
    const { field, options } = next.message;
    messages.push({ name, isMapEntry: options?.mapEntry ?? false, fields: field.map(fieldOf) });
    enums.push(...next.message.enumType.map((each) => enumOf(each, name)));
    waiting.push(...next.message.nestedType.map((message) => ({ message, scope: name })));
  }
  const services = raw.service.map((each) => serviceOf(each, scope));
  return { name: raw.name ?? '', dependencies: raw.dependency, messages, enums, services };
}

/**
 * Decodes one FileDescriptorProto as a server sent it.
 * @throws ConveyorError MALFORMED for bytes that are none, or are nested beyond reason.
 */
export function decodeFile(bytes: Uint8Array): DescriptorFile {
  try {
    return flatten(descriptor.FileDescriptorProto.decode(bytes) as unknown as RawFile);
  } catch (error) {
    throw new ConveyorError('MALFORMED', 'not a FileDescriptorProto', { cause: error });
  }
}

/** The full name that a reference means where it stands: the innermost scope that has it (as protoc resolves). */
function resolve(reference: string, scope: string, isType: (name: string) => boolean): string {
  if (reference.startsWith('.')) return reference.slice(1);
  if (reference === '') return '';
  for (let outer = scope; outer !== ''; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.'))))
    if (isType(`${outer}.${reference}`)) return `${outer}.${reference}`;
  return reference;
}

/** By name; a name that is defined twice keeps its first definition. */
function byName<T extends { readonly name: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.map((each) => [each.name, each] as const).reverse());
}

/**
 * The files as one set of names, whatever their order. Relative references, as some servers made with protobufjs
 * write them, become full names.
 */
export function poolOf(files: Iterable<DescriptorFile>): DescriptorPool {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  const messages = byName(sorted.flatMap((file) => file.messages));
  const enums = byName(sorted.flatMap((file) => file.enums));
  const services = byName(sorted.flatMap((file) => file.services));
  const full = (reference: string, scope: string): string =>
    resolve(reference, scope, (name) => messages.has(name) || enums.has(name));
  for (const [name, message] of messages) {
    const fields = message.fields.map((field) => ({ ...field, typeName: full(field.typeName, name) }));
    messages.set(name, { ...message, fields });
  }
  for (const [name, service] of services) {
    const methods = service.methods.map((method) => {
      return { ...method, input: full(method.input, name), output: full(method.output, name) };
    });
    services.set(name, { ...service, methods });
  }
  return { messages, enums, services };
}

// the two prefixes are one contract, so they have one hash
const canonical = (name: string): string => withPrefix(name, 'conveyor');
// some languages keep field names as they are written, some make them camelCase
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** What a field refers to. The type behind a map has another name in every language: it has none here. */
function referenceText(typeName: string, { messages }: DescriptorPool): string {
  const message = messages.get(typeName);
  if (message?.isMapEntry !== true) return canonical(typeName);
  const [key, value] = [1, 2].map((wanted) => message.fields.find(({ number }) => number === wanted));
  return `map ${key?.type ?? ''} ${value?.type ?? ''} ${canonical(value?.typeName ?? '')}`;
}

/** A message's fields or an enum's values. */
function typeText(name: string, pool: DescriptorPool): string[] {
  const fields = pool.messages.get(name)?.fields ?? [];
  const values = pool.enums.get(name)?.values ?? [];
  return [
    ...fields.map((field) => {
      const { number, cardinality, type, typeName } = field;
      return `${number} ${plain(field.name)} ${cardinality} ${type} ${referenceText(typeName, pool)}`;
    }),
    ...values.map((value) => `${value.number} ${value.name}`),
  ].sort();
}

function typesReached(service: ServiceShape, pool: DescriptorPool): string[] {
  const reached = new Set(service.methods.flatMap(({ input, output }) => [input, output]));
  // a Set that grows while it is walked is walked to its new end
  for (const name of reached) {
    for (const { typeName } of pool.messages.get(name)?.fields ?? [])
      if (typeName !== '') reached.add(typeName);
  }
  return [...reached].filter((name) => pool.messages.get(name)?.isMapEntry !== true);
}

/**
 * A fingerprint of a service's contract: its methods and all message and enum types that they reach. The same for
 * both package prefixes, any order or split of files, comments, options, JSON names and the case of field names
 * (which not every language keeps), so that replicas in different languages compare equal.
 * @returns 32 hexadecimal digits.
 */
export function descriptorHash(service: ServiceShape, pool: DescriptorPool): string {
  const methods = service.methods.map((method) => {
    const { name, input, output, clientStreaming, serverStreaming } = method;
    return `${name} ${clientStreaming} ${canonical(input)} ${serverStreaming} ${canonical(output)}`;
  });
  const types = typesReached(service, pool).map((name) => [canonical(name), ...typeText(name, pool)]);
  const text = [
    [canonical(service.name), ...methods.sort()],
    ...types.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)),
  ];
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 32);
}
