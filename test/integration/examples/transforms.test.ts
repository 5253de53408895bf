import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { ServerReflectionResponse__Output } from '../../../src/foundation/grpc/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';
import { clientOf, processBatch, record, startProgram } from './programs.ts';

const { GetCapabilities } = serviceDefinition('conveyor.transform.TransformService');

describe('examples/transform-delayed', () => {
  failOnLeaks();

  it('keeps late flights as they are, filters the others, and reports what is not a flight', async () => {
    const client = await clientOf(startProgram('transform-delayed.ts'));
    const late = record(2, { delay: 15 });
    const { batchId, results } = await processBatch(client, [record(1, { delay: 14 }), late, record(3, '{')]);
    assert.equal(batchId, 'b');
    assert.deepEqual(
      results.map(({ originalId, status, outputRecords }) => [
        originalId?.sequenceNumber,
        status,
        outputRecords.length,
      ]),
      [
        [1, 'TRANSFORM_STATUS_FILTERED', 0],
        [2, 'TRANSFORM_STATUS_SUCCESS', 1],
        [3, 'TRANSFORM_STATUS_ERROR', 0],
      ],
    );
    const [output] = results[1]!.outputRecords;
    assert.deepEqual(
      { ...output, eventTime: undefined, ingestionTime: undefined },
      {
        ...late,
        eventTime: undefined,
        ingestionTime: undefined,
      },
    );
    assert.match(results[2]!.errorMessage, /JSON/);
  });

  it('takes its limit from the config of the pipeline, and names itself', async () => {
    const client = await clientOf(startProgram('transform-delayed.ts'));
    const { results } = await processBatch(client, [record(1, { delay: 59 })], { minDelayMinutes: '60' });
    assert.equal(results[0]?.status, 'TRANSFORM_STATUS_FILTERED');
    const { transformId } = await unary(client, GetCapabilities, {}, { timeoutMs: 5_000 });
    assert.equal(transformId, 'transform-delayed');
  });

  it('is found by reflection and ends on SIGTERM', async () => {
    const program = startProgram('transform-delayed.ts');
    const client = await clientOf(program);
    const { ServerReflectionInfo: method } = serviceDefinition('grpc.reflection.v1.ServerReflection');
    const stream = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    );
    let services: string[] = [];
    stream.on('data', ({ listServicesResponse }: ServerReflectionResponse__Output) => {
      services = listServicesResponse?.service.map(({ name }) => name) ?? [];
      stream.end();
    });
    stream.write({ host: '', listServices: '' });
    await waitFor(() => services.includes('conveyor.transform.TransformService'));
    client.close();
    assert.equal(await program.stop(), 0);
  });
});

describe('examples/transform-airports', () => {
  failOnLeaks();

  it('adds cities and coordinates, and lets an unknown airport through', async () => {
    const client = await clientOf(startProgram('transform-airports.ts'));
    const { results } = await processBatch(client, [
      record(1, { origin: 'LAS', destination: '???', delay: 20 }),
    ]);
    const [output] = results[0]!.outputRecords;
    assert.equal(output?.id?.sequenceNumber, 1);
    assert.deepEqual(JSON.parse(output.payload.toString()), {
      origin: 'LAS',
      destination: '???',
      delay: 20,
      from: { city: 'Las Vegas', latitude: 36.08036111, longitude: -115.1523333 },
    });
    const { transformId } = await unary(client, GetCapabilities, {}, { timeoutMs: 5_000 });
    assert.equal(transformId, 'transform-airports');
  });
});
