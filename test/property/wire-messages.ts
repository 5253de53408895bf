import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';

/** Random encoded messages for the wire tests, and protobufjs as the judge of what they say. */

const PROTO_DIR = fileURLToPath(new URL('../../proto/', import.meta.url));

function loadSchema(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : PROTO_DIR + target);
  const files = ['common', 'sidecar', 'transform', 'sink'].map((name) => `conveyor/${name}.proto`);
  root.loadSync(files, { keepCase: true });
  // a batch whose elements stay encoded, to compare bytes
  protobuf.parse(
    `syntax = "proto3"; package raw;
     message Batch { string batch_id = 1; repeated bytes records = 2; bytes watermark = 3; }
     message Process { string transform_id = 1; Batch input_batch = 2; }
     message Write { string sink_id = 1; Batch batch = 2; }
     message Receive { string pipeline_id = 1; string stage_id = 2; string source_sidecar_id = 3; Batch batch = 4; }
     message Ack { bytes record_id = 1; }
     message PushAck { repeated Ack record_acks = 3; }
     message Push { PushAck ack = 1; }`,
    root,
    { keepCase: true },
  );
  return root;
}

const root = loadSchema();

/** The fields that protobufjs finds, with defaults; 64-bit integers as decimal text, enums as numbers. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the schema
export function decode<T>(type: string, bytes: Uint8Array): T {
  const found = root.lookupType(type);
  return found.toObject(found.decode(bytes), {
    longs: String,
    defaults: true,
    arrays: true,
    objects: true,
  }) as T;
}

export interface DecodedId {
  source_id: string;
  partition: number;
  sequence_number: string;
}
export interface DecodedRecord {
  id: DecodedId | null;
  record_type: string;
}
export interface DecodedBatch {
  batch_id: string;
  records: DecodedRecord[];
  watermark: object | null;
}
export interface RawBatch {
  batch_id: string;
  records: Uint8Array[];
  watermark: Uint8Array;
}

function varintBytes(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A length-delimited field. */
export function delimited(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([varintBytes(BigInt(field * 8 + 2)), varintBytes(BigInt(content.length)), content]);
}

/** A varint field. */
export function varint(field: number, value: bigint): Buffer {
  return Buffer.concat([varintBytes(BigInt(field * 8)), varintBytes(value)]);
}

type Fields = fc.Arbitrary<Buffer[]>;

/** A scalar that may be absent, or occur twice: the last one wins. */
const scalar = (one: fc.Arbitrary<Buffer>): Fields => fc.array(one, { maxLength: 2 });
const single = (one: fc.Arbitrary<Buffer>): Fields => fc.array(one, { maxLength: 1 });
const always = (one: fc.Arbitrary<Buffer>): Fields => one.map((field) => [field]);
const repeated = (one: fc.Arbitrary<Buffer>): Fields => fc.array(one, { maxLength: 6 });

const text = (field: number) =>
  fc.string({ unit: 'binary', maxLength: 12 }).map((value) => delimited(field, Buffer.from(value)));
const blob = (field: number) => fc.uint8Array({ maxLength: 200 }).map((value) => delimited(field, value));
const integer = (field: number) =>
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => varint(field, value));
/** Up to 32 bits, or ten bytes: protobufjs misreads the lengths between in a 32-bit field. */
const uint32 = (field: number) =>
  fc
    .oneof(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.bigInt({ min: 2n ** 63n, max: 2n ** 64n - 1n }))
    .map((value) => varint(field, value));
const enumeration = (field: number) => fc.bigInt({ min: -2n, max: 7n }).map((value) => varint(field, value));
const bool = (field: number) => fc.bigInt({ min: 0n, max: 1n }).map((value) => varint(field, value));
const nested = (field: number, content: fc.Arbitrary<Buffer>) =>
  content.map((value) => delimited(field, value));

const unknownField = fc
  .record({
    field: fc.integer({ min: 200, max: 2 ** 29 - 1 }),
    type: fc.constantFrom(0, 1, 2, 5),
    bytes: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  })
  .map(({ field, type, bytes }) => {
    if (type === 0) return varint(field, Buffer.from(bytes).readBigUInt64LE());
    if (type === 2) return delimited(field, bytes);
    return Buffer.concat([varintBytes(BigInt(field * 8 + type)), bytes.subarray(0, type === 1 ? 8 : 4)]);
  });

/** The fields in any order, unknown ones between them. */
function message(...fields: Fields[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      fc.array(fc.nat(), { minLength: 16, maxLength: 16 }),
      fc.array(unknownField, { maxLength: 2 }),
      ...fields,
    )
    .map(([order, ...groups]) => {
      const keyed = groups.flat().map((bytes, index) => ({ bytes, key: order[index % order.length] ?? 0 }));
      return Buffer.concat(keyed.sort((a, b) => a.key - b.key).map(({ bytes }) => bytes));
    });
}

const timestamp = message(scalar(integer(1)), scalar(enumeration(2)));
const mapEntry = fc
  .tuple(fc.stringMatching(/^[a-z]{1,5}$/), fc.string())
  .map(([key, value]) => Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(value))]));
const recordId = message(scalar(text(1)), scalar(uint32(2)), scalar(integer(3)), scalar(blob(4)));
const record = message(
  single(nested(1, recordId)),
  scalar(text(2)),
  scalar(blob(3)),
  scalar(blob(4)),
  repeated(nested(5, mapEntry)),
  single(nested(6, timestamp)),
  single(nested(7, timestamp)),
);
const watermark = message(
  scalar(text(1)),
  scalar(uint32(2)),
  scalar(integer(3)),
  single(nested(4, timestamp)),
);
const batch = message(scalar(text(1)), repeated(nested(2, record)), single(nested(3, watermark)));

export const pushInit = message(always(nested(1, message(scalar(text(1)), scalar(text(2))))));
export const pushBatch = message(always(nested(2, batch)));
export const pushHeartbeat = message(always(nested(3, message())));
export const receiveRequest = message(
  scalar(text(1)),
  scalar(text(2)),
  scalar(text(3)),
  single(nested(4, batch)),
);
const id = single(nested(1, recordId));
export const processResponse = message(
  scalar(text(1)),
  repeated(nested(2, message(id, scalar(enumeration(2)), repeated(nested(3, record)), scalar(text(4))))),
);
export const writeResponse = message(
  scalar(text(1)),
  scalar(enumeration(2)),
  repeated(nested(3, message(id, scalar(bool(2)), scalar(text(3)), scalar(bool(4))))),
);
export const receiveResponse = message(
  scalar(bool(1)),
  scalar(text(2)),
  repeated(nested(3, message(id, scalar(enumeration(2)), scalar(text(3)), scalar(text(100))))),
);
