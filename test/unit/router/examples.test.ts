import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { resourceSchema } from '../../../src/router/pipelines/schema.ts';
import { validateFiles } from '../../../src/router/pipelines/validate-files.ts';

const MANIFESTS = join(import.meta.dirname, '../../../manifests/examples');

describe('validating files', () => {
  it('finds nothing wrong with the example manifests', async () => {
    const { ok, files, problems, pipelines } = await validateFiles([MANIFESTS]);
    assert.deepEqual([ok, problems], [true, []]);
    assert.equal(files.length, 2);
    assert.deepEqual(
      pipelines.map(({ id }) => id),
      ['shop/orders', 'default/flights'],
    );
    assert.deepEqual(pipelines[0]?.stages[2]?.config, { mode: 'strict', fields: '["email","phone"]' });
  });

  it('reports a file that is not there, and reads one that is named twice once', async () => {
    const example = join(MANIFESTS, 'flights.yaml');
    const { ok, problems } = await validateFiles([
      example,
      `${MANIFESTS}/../examples/flights.yaml`,
      'missing.yaml',
    ]);
    assert.equal(ok, false);
    assert.deepEqual(
      problems.map(({ file }) => file),
      ['missing.yaml'],
    );
  });
});

describe('the schema', () => {
  it('can be turned into a JSON schema', () => {
    const { oneOf = [] } = z.toJSONSchema(resourceSchema, { io: 'input' });
    assert.equal(oneOf.length, 4);
  });
});
