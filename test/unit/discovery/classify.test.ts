import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileDescriptors } from '../../../src/foundation/grpc/definitions.ts';
import {
  type Classification,
  classify,
  contractPool,
} from '../../../src/sidecar/discovery/contract/classify.ts';
import { decodeFile, descriptorHash, poolOf } from '../../../src/sidecar/discovery/contract/descriptors.ts';
import { contractText, descriptorsOf } from '../../support/services.ts';

type Edit = readonly [from: string, to: string];

/** The protocol's files for a role under the package `acme`, with edits. */
function poolWith(role: 'transform' | 'sink', ...edits: readonly Edit[]) {
  const texts = contractText(role, 'acme').map((text) =>
    edits.reduce((edited, [from, to]) => edited.replace(from, to), text),
  );
  return poolOf(descriptorsOf(...texts).map(decodeFile));
}

function classified(role: 'transform' | 'sink', name: string, ...edits: readonly Edit[]): Classification {
  const service = role === 'transform' ? 'TransformService' : 'SinkService';
  const found = poolWith(role, [`service ${service}`, `service ${name}`], ...edits);
  return classify(`acme.${role}.${name}`, { contract: contractPool(), found });
}

const PROCESS = 'rpc ProcessBatch(ProcessBatchRequest) returns (ProcessBatchResponse);';

describe('classification by methods and shapes', () => {
  it('finds the roles under any package and any service name', () => {
    assert.equal(classified('transform', 'FilterTransform').kind, 'transform');
    assert.equal(classified('transform', 'Cleaner').kind, 'transform');
    assert.equal(classified('sink', 'Warehouse').kind, 'sink');
  });

  it('compares message types by shape, whatever they are called', () => {
    const { kind, differences } = classified(
      'transform',
      'Cleaner',
      [PROCESS, 'rpc ProcessBatch(In) returns (ProcessBatchResponse);'],
      ['message ProcessBatchRequest {', 'message In {'],
    );
    assert.equal(kind, 'transform', differences.join());
  });

  it('takes extra fields, extra methods and extra enum values', () => {
    const { kind, methods } = classified(
      'transform',
      'Cleaner',
      [PROCESS, `${PROCESS} rpc Explain(StreamInit) returns (StreamReady);`],
      ['string error_message = 4;', 'string error_message = 4; string hint = 5;'],
      ['TRANSFORM_STATUS_SPLIT = 4;', 'TRANSFORM_STATUS_SPLIT = 4; TRANSFORM_STATUS_DEFERRED = 9;'],
    );
    assert.equal(kind, 'transform');
    assert.ok(methods.includes('Explain'));
  });

  it('needs ProcessBatch or WriteBatch alone', () => {
    const withoutOthers: Edit[] = [
      ['rpc GetCapabilities(acme.common.Empty) returns (Capabilities);', ''],
      ['rpc ProcessStream(stream ProcessStreamRequest) returns (stream ProcessStreamResponse);', ''],
    ];
    const { kind, methods } = classified('transform', 'Cleaner', ...withoutOthers);
    assert.equal(kind, 'transform');
    assert.deepEqual(methods, ['ProcessBatch']);
  });

  it('leaves an optional method of another shape alone and says so', () => {
    const { kind, methods, note } = classified('sink', 'Warehouse', [
      'bool wait_for_completion = 2;',
      'string wait_for_completion = 2;',
    ]);
    assert.equal(kind, 'sink');
    assert.ok(!methods.includes('Flush'));
    assert.match(note, /Flush/);
  });

  it('calls what gRPC, routers and sidecars bring along infrastructure', () => {
    const pools = { contract: contractPool(), found: contractPool() };
    for (const name of [
      'grpc.health.v1.Health',
      'grpc.channelz.v1.Channelz',
      'conveyor.router.RouterAdmin',
      'conveyor_etl.sidecar.SidecarDataPlane',
    ])
      assert.equal(classify(name, pools).kind, 'infrastructure', name);
  });

  it('recognises a source by its name, and nothing by a part of a word', () => {
    const rename = (name: string): Classification =>
      classified('transform', name, [PROCESS, ''], ['service TransformService', `service ${name}`]);
    assert.equal(rename('FlightSource').kind, 'source');
    assert.equal(rename('SourceService').kind, 'source');
    assert.equal(rename('ResourceService').kind, 'unknown');
    assert.equal(rename('Greeter').kind, 'unknown');
  });

  it('believes methods rather than a name that says Source', () => {
    assert.equal(classified('transform', 'SourceEnricher').kind, 'transform');
  });

  it('lets the name decide when a service has both methods, else takes it as a transform', () => {
    const both = (name: string): Classification => {
      const [common = '', sink = ''] = contractText('sink', 'acme');
      const [, transform = ''] = contractText('transform', 'acme');
      const wide = transform
        .replace('service TransformService', `service ${name}`)
        .replace(
          PROCESS,
          `${PROCESS} rpc WriteBatch(acme.sink.WriteBatchRequest) returns (acme.sink.WriteBatchResponse);`,
        );
      const found = poolOf(descriptorsOf(common, sink, wide).map(decodeFile));
      return classify(`acme.transform.${name}`, { contract: contractPool(), found });
    };
    assert.equal(both('TransformingSink').kind, 'sink');
    assert.equal(both('SinkTransform').kind, 'transform');
    assert.equal(both('Everything').kind, 'transform');
    assert.match(both('Everything').note, /WriteBatch too/);
  });
});

describe('a mismatch names what is missing or different', () => {
  const cases: readonly (readonly [what: string, edits: readonly Edit[], difference: RegExp])[] = [
    ['a missing method', [[PROCESS, '']], /^ProcessBatch: method is missing$/],
    [
      'a method that streams',
      [[PROCESS, 'rpc ProcessBatch(stream ProcessBatchRequest) returns (ProcessBatchResponse);']],
      /^ProcessBatch: method is streaming instead of unary$/,
    ],
    [
      'a missing field',
      [['acme.common.RecordBatch input_batch = 2;', '']],
      /^ProcessBatch request\.input_batch: field 2 is missing \(single message\)$/,
    ],
    [
      'another number',
      [['string error_message = 4;', 'string error_message = 7;']],
      /^ProcessBatch response\.results\.error_message: field 4 has number 7 instead of 4$/,
    ],
    [
      'another type, deep down',
      [['bytes payload = 4;', 'string payload = 4;']],
      /^ProcessBatch request\.input_batch\.records\.payload: field 4 is string instead of bytes$/,
    ],
    [
      'another cardinality',
      [['repeated TransformResult results = 2;', 'TransformResult results = 2;']],
      /^ProcessBatch response\.results: field 2 is single instead of repeated$/,
    ],
    [
      'another map',
      [['map<string, string> transform_config = 3;', 'map<string, bytes> transform_config = 3;']],
      /^ProcessBatch request\.transform_config\.value: field 2 is bytes instead of string$/,
    ],
    [
      'enum values that trade places',
      [
        ['TRANSFORM_STATUS_FILTERED = 2;', 'TRANSFORM_STATUS_FILTERED = 3;'],
        ['TRANSFORM_STATUS_ERROR = 3;', 'TRANSFORM_STATUS_ERROR = 2;'],
      ],
      /value TRANSFORM_STATUS_FILTERED has number 3 instead of 2/,
    ],
  ];
  for (const [what, edits, difference] of cases)
    it(what, () => {
      const { kind, differences } = classified('transform', 'FilterTransform', ...edits);
      assert.equal(kind, 'mismatch');
      assert.ok(
        differences.some((line) => difference.test(line)),
        differences.join('\n'),
      );
    });

  it('a name that claims a transform over the methods of a sink', () => {
    const { kind, differences, note } = classified('sink', 'FilterTransform');
    assert.equal(kind, 'mismatch');
    assert.deepEqual(differences, ['ProcessBatch: method is missing']);
    assert.match(note, /WriteBatch/);
  });

  it('each difference once, under any number of paths', () => {
    const { differences } = classified('sink', 'Warehouse', [
      'uint32 partition = 2;',
      'string partition = 2;',
    ]);
    assert.equal(differences.filter((line) => line.includes('.id.partition')).length, 1);
  });

  it('of a type that reflection did not give', () => {
    const found = poolWith('transform');
    const messages = new Map(found.messages);
    messages.delete('acme.common.Record');
    const pools = { contract: contractPool(), found: { ...found, messages } };
    const { kind, differences } = classify('acme.transform.TransformService', pools);
    assert.equal(kind, 'mismatch');
    assert.match(differences.join(), /message acme\.common\.Record is not among the descriptors/);
  });

  it('and well-known types that it left out are no difference', () => {
    const found = poolWith('sink');
    const messages = new Map(found.messages);
    messages.delete('google.protobuf.Timestamp');
    const pools = { contract: contractPool(), found: { ...found, messages } };
    assert.equal(classify('acme.sink.SinkService', pools).kind, 'sink');
  });
});

describe('the descriptor hash', () => {
  const hash = (pool: ReturnType<typeof poolOf>, name: string): string => {
    const service = pool.services.get(name);
    assert.ok(service !== undefined, name);
    return descriptorHash(service, pool);
  };

  it('is the same for descriptors of protoc and of protobufjs, whose references and map types differ', () => {
    const ours = hash(contractPool(), 'conveyor.transform.TransformService');
    const made = poolOf(descriptorsOf(...contractText('transform')).map(decodeFile));
    assert.equal(hash(made, 'conveyor.transform.TransformService'), ours);
  });

  it('is the same under both prefixes and in any order of files', () => {
    const ours = hash(contractPool(), 'conveyor.sink.SinkService');
    const twin = poolOf(descriptorsOf(...contractText('sink', 'conveyor_etl')).map(decodeFile));
    assert.equal(hash(twin, 'conveyor_etl.sink.SinkService'), ours);
    const reversed = poolOf(fileDescriptors().map(decodeFile).reverse());
    assert.equal(hash(reversed, 'conveyor.sink.SinkService'), ours);
  });

  it('changes with a field, a type, an enum value or a method', () => {
    const name = 'acme.transform.TransformService';
    const edits: Edit[] = [
      ['string error_message = 4;', 'string error_message = 4; string hint = 5;'],
      ['bytes payload = 4;', 'string payload = 4;'],
      ['TRANSFORM_STATUS_SPLIT = 4;', 'TRANSFORM_STATUS_SPLIT = 4; TRANSFORM_STATUS_LATER = 5;'],
      ['map<string, string> transform_config', 'map<string, bytes> transform_config'],
      [PROCESS, `${PROCESS} rpc Explain(StreamInit) returns (StreamReady);`],
    ];
    const hashes = [poolWith('transform'), ...edits.map((edit) => poolWith('transform', edit))].map((pool) =>
      hash(pool, name),
    );
    assert.equal(new Set(hashes).size, edits.length + 1);
  });

  it('does not change with what the service does not use', () => {
    const name = 'acme.sink.SinkService';
    const more = poolWith('sink', [
      'message Offset {',
      'message Unrelated { string x = 1; } message Offset {',
    ]);
    assert.equal(hash(more, name), hash(poolWith('sink'), name));
  });
});
