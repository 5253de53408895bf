/** A transform that filters by the rule. With START_AFTER_MS it starts late. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadService } from '../../../examples/protos.ts';
import { serve } from '../../../examples/serve.ts';
import type { Record__Output } from '../../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { TransformResult } from '../../../src/foundation/grpc/gen/conveyor/transform/TransformResult.ts';
import type { TransformServiceHandlers } from '../../../src/foundation/grpc/gen/conveyor/transform/TransformService.ts';
import { isFiltered } from './rule.ts';

const latencyMs = Number(process.env['LATENCY_MS'] ?? 0);

function decide(record: Record__Output): TransformResult {
  return isFiltered(Number(record.id?.sequenceNumber))
    ? { originalId: record.id, status: 'TRANSFORM_STATUS_FILTERED' }
    : { originalId: record.id, status: 'TRANSFORM_STATUS_SUCCESS', outputRecords: [record] };
}

const handlers: Pick<TransformServiceHandlers, 'ProcessBatch'> = {
  ProcessBatch({ request: { inputBatch } }, reply) {
    const results = (inputBatch?.records ?? []).map(decide);
    void delay(latencyMs).then(() => reply(null, { batchId: inputBatch?.batchId ?? '', results }));
  },
};

await delay(Number(process.env['START_AFTER_MS'] ?? 0));
const service = 'conveyor.transform.TransformService';
serve({ service, definition: loadService('conveyor/transform.proto', service), handlers });
