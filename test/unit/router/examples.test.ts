import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { formatProblem } from '../../../src/router/pipelines/problem.ts';
import { resourceSchema } from '../../../src/router/pipelines/schema.ts';
import { validateFiles } from '../../../src/router/pipelines/validate-files.ts';

const MANIFESTS = join(import.meta.dirname, '../../../manifests/examples');

describe('validating files', () => {
  it('finds nothing wrong with the example manifests', async () => {
    const { ok, problems, pipelines } = await validateFiles([
      join(MANIFESTS, 'fan-out.yaml'),
      join(MANIFESTS, 'flights/pipeline.yaml'),
    ]);
    assert.deepEqual([ok, problems], [true, []]);
    assert.deepEqual(
      pipelines.map(({ id }) => id),
      ['shop/orders', 'default/delayed-flights'],
    );
    assert.deepEqual(pipelines[0]?.stages[2]?.config, { mode: 'strict', fields: '["email","phone"]' });
  });

  it('passes over what is of other API groups in a folder of kustomize, and counts it', async () => {
    const { ok, problems, foreign, pipelines } = await validateFiles([join(MANIFESTS, 'flights')]);
    assert.deepEqual([ok, problems], [true, []]);
    assert.equal(foreign, 6, 'a Namespace, four Deployments and a NetworkPolicy');
    assert.deepEqual(
      pipelines.map(({ id }) => id),
      ['default/delayed-flights'],
    );
  });

  it('reports a file that is not there, and reads one that is named twice once', async () => {
    const example = join(MANIFESTS, 'fan-out.yaml');
    const { ok, problems } = await validateFiles([
      example,
      `${MANIFESTS}/../examples/fan-out.yaml`,
      'missing.yaml',
    ]);
    assert.equal(ok, false);
    assert.deepEqual(
      problems.map(({ file }) => file),
      ['missing.yaml'],
    );
  });
});

describe('a directory without manifests', () => {
  it('is reported: it is hardly the one that was meant', async () => {
    const { ok, problems } = await validateFiles([join(import.meta.dirname)]);
    assert.equal(ok, false);
    assert.match(problems.map(formatProblem).join(), /unit\/router: no manifest \(/);
  });

  it('is reported as well when there is nothing in it that the router reads', async () => {
    const { ok, problems, foreign } = await validateFiles([join(MANIFESTS, '../components/sidecar-access')]);
    assert.equal(ok, false);
    assert.match(
      problems.map(formatProblem).join(),
      /sidecar-access: no Source, Transform, Sink or Pipeline is/,
    );
    assert.ok(foreign > 0);
  });
});

describe('the schema', () => {
  it('can be turned into a JSON schema', () => {
    const { oneOf = [] } = z.toJSONSchema(resourceSchema, { io: 'input' });
    assert.equal(oneOf.length, 4);
  });
});
