/** A sink: what it is sent is told to the ledger, and written when the ledger has answered. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadService } from '../../../examples/protos.ts';
import { serve } from '../../../examples/serve.ts';
import type { RecordBatch__Output } from '../../../src/foundation/grpc/gen/conveyor/common/RecordBatch.ts';
import type { SinkServiceHandlers } from '../../../src/foundation/grpc/gen/conveyor/sink/SinkService.ts';
import { type Ids, tell } from './rule.ts';

const SERVICE = 'conveyor.sink.SinkService';
const latencyMs = Number(process.env['LATENCY_MS'] ?? 0);

async function write(batch: RecordBatch__Output): Promise<void> {
  await delay(latencyMs);
  const lanes = new Map<string, { source: string; partition: number; sequences: number[] }>();
  for (const { id } of batch.records) {
    const { sourceId: source = '', partition = 0, sequenceNumber = 0 } = id ?? {};
    const lane = lanes.get(`${source}/${partition}`) ?? { source, partition, sequences: [] };
    lanes.set(`${source}/${partition}`, lane);
    lane.sequences.push(sequenceNumber);
  }
  await tell('/written', [...lanes.values()] satisfies Ids[]);
}

const handlers: Pick<SinkServiceHandlers, 'WriteBatch'> = {
  WriteBatch({ request: { batch } }, reply) {
    if (batch === null) {
      reply(null, { status: 'WRITE_STATUS_SUCCESS' });
      return;
    }
    write(batch).then(
      () => reply(null, { batchId: batch.batchId, status: 'WRITE_STATUS_SUCCESS' }),
      (error: unknown) => reply(error as Error),
    );
  },
};

serve({ service: SERVICE, definition: loadService('conveyor/sink.proto', SERVICE), handlers });
