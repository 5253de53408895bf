import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { Record__Output } from '../../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { receive } from '../../support/peer.ts';
import { records } from '../../support/push.ts';
import { all, chain, fates, here, range, SOURCE, there, useScene } from '../../support/scene.ts';
import { assignment } from '../../support/path.ts';
import { waitFor } from '../../support/wait.ts';

failOnLeaks();
const scene = useScene();

/** Large enough that a batch of a few lies in memory of its own. */
const BYTES = 4_096;

const numberOf = ({ id }: Record__Output): number => Number(id?.sequenceNumber);

/** Gives a record an id of the transform's own: what follows knows the record by it. */
const renamed = (record: Record__Output) => ({
  status: 'TRANSFORM_STATUS_SUCCESS' as const,
  outputRecords: [{ ...record, id: { ...record.id, sourceId: 'renamed', sequenceNumber: numberOf(record) } }],
});

/** That each record is whole: its payload says its number. */
function assertWhole(written: readonly Record__Output[], { sourceId }: { sourceId: string }): void {
  for (const each of written) {
    assert.equal(each.id?.sourceId, sourceId);
    assert.equal(each.recordType, 'test');
    assert.ok(each.payload.equals(Buffer.alloc(BYTES, numberOf(each) % 251)), `record ${numberOf(each)}`);
  }
}

describe('memory that is given back as soon as nobody reads it', () => {
  it('keeps an id for as long as any stage after the one that gave it', async () => {
    const a = await scene.transform({ name: 'a', each: renamed });
    const b = await scene.transform({ name: 'b' });
    const c = await scene.transform({ name: 'c' });
    const refused = new Set<string>();
    const sink = await scene.sink({
      batch: ({ batch }) => {
        const first = JSON.stringify(batch?.records.map(numberOf));
        if (refused.has(first)) return undefined;
        refused.add(first);
        return { code: status.UNAVAILABLE };
      },
    });
    const path = await scene.path([a.service, b.service, c.service, sink.service]);
    path.assign(chain([here(a), here(b), here(c), here(sink)]));
    const source = scene.source(path);
    const batch = (i: number) => records(i * 10, 10, { partition: i, bytes: BYTES });
    const acks = await Promise.all(range(0, 20).map((i) => source.push(`b${i}`, batch(i))));
    assert.deepEqual(acks.flatMap(fates), all(200, 'SUCCESS'));
    assert.deepEqual(
      acks.flatMap(({ recordAcks }) => recordAcks.map(({ recordId }) => Number(recordId?.sequenceNumber))),
      range(0, 200),
    );
    assert.deepEqual(
      [...new Set(sink.written.map(numberOf))].sort((x, y) => x - y),
      range(0, 200),
    );
    assertWhole(sink.written, { sourceId: 'renamed' });
  });

  it('keeps a batch until the slowest of its branches is done with it', async () => {
    const fast = await scene.sink({ name: 'fast' });
    const slow = await scene.holdingSink({ name: 'slow', maxBatchSize: 3 });
    const path = await scene.path([fast.service, slow.service]);
    path.assign(assignment('default/p', [SOURCE, here(fast), here(slow)], ['src>fast', 'src>slow']));
    const source = scene.source(path);
    const acks = range(0, 8).map((i) =>
      source.push(`b${i}`, records(i * 10, 10, { partition: i, bytes: BYTES })),
    );
    await waitFor(() => fast.written.length === 80, { what: 'the fast branch to be through' });
    slow.open();
    assert.deepEqual((await Promise.all(acks)).flatMap(fates), all(80, 'SUCCESS'));
    assert.deepEqual(
      slow.written.map(numberOf).sort((x, y) => x - y),
      range(0, 80),
    );
    assertWhole([...fast.written, ...slow.written], { sourceId: 'src' });
  });

  it('keeps what a peer sent until the peer is answered', async () => {
    const a = await scene.transform({ name: 'a', each: renamed });
    const sink = await scene.sink();
    const end = await scene.path([sink.service]);
    const path = await scene.path([a.service]);
    const stages = (last: ReturnType<typeof here>) => chain([here(a), last]);
    end.assign(chain([there('a', 'transform', path.path.port), here(sink)]));
    path.assign(stages(there('k', 'sink', end.path.port)));
    const answers = await Promise.all(
      range(0, 12).map((i) =>
        receive(path.path.port, {
          stageId: 'a',
          records: records(i * 10, 10, { partition: i, bytes: BYTES }),
        }),
      ),
    );
    assert.deepEqual(
      answers.flatMap(({ recordAcks }) => recordAcks.map(({ recordId }) => Number(recordId?.sequenceNumber))),
      range(0, 120),
    );
    assertWhole(sink.written, { sourceId: 'renamed' });
    assert.equal(sink.written.length, 120);
  });
});
