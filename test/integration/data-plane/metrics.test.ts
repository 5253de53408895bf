import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { failOnLeaks } from '../../support/leaks.ts';
import { records } from '../../support/push.ts';
import { chain, fates, here, useScene } from '../../support/scene.ts';
import type { TestPath } from '../../support/path.ts';

failOnLeaks();
const scene = useScene();

/** The value of a series of the data plane, its labels as they are written; undefined: there is none. */
async function valueOf({ registry }: TestPath, series: string): Promise<number | undefined> {
  const line = (await registry.metrics())
    .split('\n')
    .find((each) => each.startsWith(`conveyor_sidecar_${series} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

/** A chain of a transform that refuses the first call, and every record with an odd number, and a sink. */
async function flawed(): Promise<TestPath> {
  let calls = 0;
  const transform = await scene.transform({
    name: 't',
    batch: ({ inputBatch }) => {
      if (calls++ === 0) return { code: status.UNAVAILABLE };
      const results = (inputBatch?.records ?? []).map((each) =>
        Number(each.id?.sequenceNumber) % 2 === 1
          ? { originalId: each.id, status: 'TRANSFORM_STATUS_ERROR' as const, errorMessage: 'odd' }
          : { originalId: each.id, status: 'TRANSFORM_STATUS_SUCCESS' as const, outputRecords: [each] },
      );
      return { results };
    },
  });
  const sink = await scene.sink();
  const path = await scene.path([transform.service, sink.service]);
  path.assign(chain([here(transform), here(sink)]));
  return path;
}

describe('the series of the data plane', () => {
  it('tell what was received, called, tried again and acknowledged', async () => {
    const path = await flawed();
    const acks = await scene.source(path).push('b', records(0, 5));
    assert.deepEqual(fates(acks).filter((fate) => fate === 'SUCCESS').length, 3);
    const pipeline = 'pipeline="default/p"';
    const expected: Record<string, number> = {
      'batches_received_total{via="push"}': 1,
      'batches_received_total{via="peer"}': 0,
      [`stage_calls_total{${pipeline},stage="t",outcome="UNAVAILABLE"}`]: 1,
      [`stage_calls_total{${pipeline},stage="t",outcome="OK"}`]: 1,
      [`stage_calls_total{${pipeline},stage="k",outcome="OK"}`]: 1,
      [`stage_call_seconds_count{${pipeline},stage="t"}`]: 2,
      [`stage_call_seconds_bucket{le="+Inf",${pipeline},stage="k"}`]: 1,
      [`retries_total{${pipeline},stage="t"}`]: 1,
      [`retries_total{${pipeline},stage="k"}`]: 0,
      [`acknowledged_records_total{${pipeline},status="success"}`]: 3,
      [`acknowledged_records_total{${pipeline},status="failed"}`]: 2,
      [`acknowledged_records_total{${pipeline},status="retry"}`]: 0,
      [`batch_seconds_count{${pipeline}}`]: 1,
      [`records_total{${pipeline},state="entered"}`]: 5,
    };
    for (const [series, value] of Object.entries(expected))
      assert.equal(await valueOf(path, series), value, series);
    assert.ok(Number(await valueOf(path, 'received_bytes_total{via="push"}')) > 0);
    assert.ok(Number(await valueOf(path, `credits_granted_total{${pipeline}}`)) > 0);
    assert.ok(Number(await valueOf(path, `batch_seconds_sum{${pipeline}}`)) > 0);
  });

  it('tell what was refused, and say nothing of a pipeline that is not assigned', async () => {
    const path = await flawed();
    const stranger = scene.source(path, { sourceId: 'other', pipelineId: 'default/q' });
    assert.deepEqual(fates(await stranger.push('b', records(0, 1))), ['RETRY PIPELINE_NOT_ASSIGNED']);
    assert.equal(await valueOf(path, 'refused_batches_total{code="PIPELINE_NOT_ASSIGNED"}'), 1);
    assert.doesNotMatch(await path.registry.metrics(), /pipeline="(?!default\/p")/);
  });
});
