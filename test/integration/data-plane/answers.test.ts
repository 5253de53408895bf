import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { TransformResult } from '../../../src/foundation/grpc/gen/conveyor/transform/TransformResult.ts';
import type { WriteBatchResponse } from '../../../src/foundation/grpc/gen/conveyor/sink/WriteBatchResponse.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { startPeer } from '../../support/peer.ts';
import { records } from '../../support/push.ts';
import { all, chain, fates, here, range, sequences, there, useScene } from '../../support/scene.ts';

failOnLeaks();
const scene = useScene();

/** semantics.md, "What a stage's answer means": the statuses of a whole call, and what a record of it comes to. */
const BY_STATUS = {
  UNAVAILABLE: 'RETRY STAGE_UNAVAILABLE',
  ABORTED: 'RETRY STAGE_UNAVAILABLE',
  CANCELLED: 'RETRY STAGE_UNAVAILABLE',
  NOT_FOUND: 'RETRY STAGE_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'RETRY STAGE_TIMEOUT',
  RESOURCE_EXHAUSTED: 'RETRY STAGE_UNAVAILABLE',
  UNKNOWN: 'RETRY STAGE_ERROR',
  INTERNAL: 'RETRY STAGE_ERROR',
  INVALID_ARGUMENT: 'FAILED STAGE_REFUSED',
  OUT_OF_RANGE: 'FAILED STAGE_REFUSED',
  DATA_LOSS: 'FAILED STAGE_REFUSED',
  UNIMPLEMENTED: 'RETRY STAGE_UNUSABLE',
  UNAUTHENTICATED: 'RETRY STAGE_UNUSABLE',
  PERMISSION_DENIED: 'RETRY STAGE_UNUSABLE',
  FAILED_PRECONDITION: 'RETRY STAGE_UNUSABLE',
} as const;

const STATUSES = Object.keys(BY_STATUS) as (keyof typeof BY_STATUS)[];
const expected = (name: keyof typeof BY_STATUS): string[] => all(3, BY_STATUS[name]);

describe('what a status of a whole call means', () => {
  const endsByTime = (name: keyof typeof BY_STATUS): boolean =>
    name !== 'RESOURCE_EXHAUSTED' && /STAGE_UNAVAILABLE|STAGE_TIMEOUT/.test(BY_STATUS[name]);
  // where retries go on as long as there is time, two seconds of them tell as much as a minute
  const optionsFor = (name: keyof typeof BY_STATUS): { batchTimeoutMs: number } => ({
    batchTimeoutMs: endsByTime(name) ? 2_000 : 30_000,
  });

  it('a transform, a sink and another sidecar alike', async () => {
    // a call that many others hold up would end by time itself
    for (const some of Map.groupBy(STATUSES, endsByTime).values())
      await Promise.all(some.flatMap((name) => [ofTransform(name), ofSink(name), ofPeer(name)]));
  });

  async function ofTransform(name: keyof typeof BY_STATUS): Promise<void> {
    const t = await scene.transform({ name: 't', batch: () => ({ code: status[name] }) });
    const sink = await scene.sink();
    const path = await scene.path([t.service, sink.service], optionsFor(name));
    path.assign(chain([here(t), here(sink)]));
    assert.deepEqual(
      fates(await scene.source(path).push('b', records(0, 3))),
      expected(name),
      `transform ${name}`,
    );
    assert.deepEqual(sequences(sink), []);
    if (BY_STATUS[name] === 'RETRY STAGE_UNUSABLE') {
      assert.equal(t.calls(), 1, `${name} is not tried again`);
      assert.ok(path.evidence.some(({ evidence }) => evidence === 'unusable'));
    }
  }

  async function ofSink(name: keyof typeof BY_STATUS): Promise<void> {
    const sink = await scene.sink({ batch: () => ({ code: status[name] }) });
    const path = await scene.path([sink.service], optionsFor(name));
    path.assign(chain([here(sink)]));
    assert.deepEqual(
      fates(await scene.source(path).push('b', records(0, 3))),
      expected(name),
      `sink ${name}`,
    );
  }

  async function ofPeer(name: keyof typeof BY_STATUS): Promise<void> {
    const peer = scene.keep(await startPeer(() => ({ code: status[name] })));
    const path = await scene.path([], optionsFor(name));
    path.assign(chain([there('k', 'sink', peer.port)]));
    assert.deepEqual(
      fates(await scene.source(path).push('b', records(0, 3))),
      expected(name),
      `peer ${name}`,
    );
  }
});

describe('what a transform says of a record', () => {
  const answerOf = async (results: TransformResult[]): Promise<string[]> => {
    const t = await scene.transform({ name: 't', batch: () => ({ results }) });
    const sink = await scene.sink();
    const path = await scene.path([t.service, sink.service]);
    path.assign(chain([here(t), here(sink)]));
    return fates(await scene.source(path).push('b', records(0, 2)));
  };
  const [first, second] = records(0, 2).map(({ id }) => ({ originalId: id ?? null }));
  const success = { status: 'TRANSFORM_STATUS_SUCCESS', outputRecords: records(0, 1) } as const;

  it('UNSPECIFIED, or nothing: RETRY for this one alone', async () => {
    assert.deepEqual(await answerOf([{ ...first, ...success }]), ['SUCCESS', 'RETRY STAGE_BAD_RESPONSE']);
    assert.deepEqual(
      await answerOf([
        { ...first, status: 'TRANSFORM_STATUS_UNSPECIFIED', outputRecords: records(0, 1) },
        { ...second, ...success },
      ]),
      ['RETRY STAGE_BAD_RESPONSE', 'SUCCESS'],
    );
  });

  it('in another order, with results for records that it was not sent', async () => {
    assert.deepEqual(
      await answerOf([
        { originalId: records(9, 1)[0]?.id ?? null, status: 'TRANSFORM_STATUS_ERROR' },
        { ...second, status: 'TRANSFORM_STATUS_ERROR', errorMessage: 'second' },
        { ...first, ...success },
      ]),
      ['SUCCESS', 'FAILED TRANSFORM_ERROR'],
    );
  });

  it('counts results for records that it was not sent', async () => {
    const stranger = { originalId: records(9, 1)[0]?.id ?? null, status: 'TRANSFORM_STATUS_ERROR' } as const;
    const transform = await scene.transform({
      name: 't',
      batch: () => ({ results: [stranger, { ...first, ...success }, { ...second, ...success }] }),
    });
    const path = await scene.path([transform.service]);
    path.assign(chain([here(transform)]));
    await scene.source(path).push('b', records(0, 2));
    assert.match(
      await path.registry.metrics(),
      /^conveyor_sidecar_unexpected_results_total\{pipeline="default\/p",stage="[^"]+"\} 1$/m,
    );
  });
});

describe('what a sink says of a batch', () => {
  const answerOf = async (
    answer: Omit<WriteBatchResponse, 'batchId'>,
    flush?: () => { success: boolean } | { code: status },
  ): Promise<{ fates: string[]; flushes: number }> => {
    const sink = await scene.sink({ batch: () => answer, ...(flush && { flush }) });
    const path = await scene.path([sink.service]);
    path.assign(chain([here(sink)]));
    const ack = await scene.source(path).push('b', records(0, 3));
    return { fates: fates(ack), flushes: sink.flushes() };
  };
  const [zero, one] = records(0, 2).map(({ id }) => id ?? null);

  it('a result decides for its record, the status for the others', async () => {
    const results = [
      { recordId: one ?? null, success: false, error: 'full', retryable: true },
      { recordId: zero ?? null, success: false, error: 'no', retryable: false },
    ];
    const told = ['FAILED SINK_REJECTED', 'RETRY SINK_RETRYABLE'];
    const of = async (name: WriteBatchResponse['status']): Promise<string[]> =>
      (await answerOf({ status: name ?? 0, results })).fates;
    assert.deepEqual(await of('WRITE_STATUS_SUCCESS'), [...told, 'SUCCESS']);
    assert.deepEqual(await of('WRITE_STATUS_PENDING'), [...told, 'SUCCESS']);
    assert.deepEqual(await of('WRITE_STATUS_PARTIAL'), [...told, 'RETRY STAGE_BAD_RESPONSE']);
    assert.deepEqual(await of('WRITE_STATUS_FAILED'), [...told, 'RETRY STAGE_BAD_RESPONSE']);
    assert.deepEqual(await of('WRITE_STATUS_UNSPECIFIED'), [...told, 'RETRY STAGE_BAD_RESPONSE']);
  });

  it('PENDING waits for a Flush, and is what that says', async () => {
    const pending = { status: 'WRITE_STATUS_PENDING' } as const;
    assert.deepEqual(await answerOf(pending), { fates: all(3, 'SUCCESS'), flushes: 1 });
    for (const flush of [
      () => ({ success: false }),
      () => ({ code: status.UNIMPLEMENTED }),
      () => ({ code: status.UNAVAILABLE }),
    ])
      assert.deepEqual(await answerOf(pending, flush), {
        fates: all(3, 'RETRY SINK_RETRYABLE'),
        flushes: 1,
      });
  });
});

describe('one poison record among 64 in a merged call', () => {
  for (const [name, fate] of [
    ['INTERNAL', 'RETRY STAGE_ERROR'],
    ['INVALID_ARGUMENT', 'FAILED STAGE_REFUSED'],
  ] as const) {
    it(`that the sink answers with ${name} holds nobody else`, async () => {
      const sink = await scene.sink({
        batch: ({ batch }) =>
          batch?.records.some(({ id }) => id?.sequenceNumber === 41) === true
            ? { code: status[name], details: 'poison' }
            : undefined,
      });
      const path = await scene.path([sink.service], { batchTimeoutMs: 10_000 });
      path.assign(chain([here(sink)]));
      const source = scene.source(path);
      const acks = await Promise.all(range(0, 16).map((i) => source.push(`b${i}`, records(i * 4, 4))));
      assert.deepEqual(
        acks.flatMap(fates),
        range(0, 64).map((n) => (n === 41 ? fate : 'SUCCESS')),
      );
      assert.deepEqual(
        sequences(sink),
        range(0, 64).filter((n) => n !== 41),
      );
    });
  }
});
