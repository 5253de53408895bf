/**
 * A transform that filters: flights that are late go on as they are, all others end here. Run it as
 * `PORT=50052 node examples/transform-delayed.ts`; a sidecar that scans that port finds it by reflection.
 */
import type { Record__Output } from '../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { TransformResult } from '../src/foundation/grpc/gen/conveyor/transform/TransformResult.ts';
import type { TransformServiceHandlers } from '../src/foundation/grpc/gen/conveyor/transform/TransformService.ts';
import { loadService } from './protos.ts';
import { serve } from './serve.ts';

const SERVICE = 'conveyor.transform.TransformService';

/** Minutes of delay from which a flight counts as late, unless the pipeline's config says otherwise. */
const DEFAULT_MIN_DELAY_MINUTES = 15;

function decide({ id, payload, ...rest }: Record__Output, minDelayMinutes: number): TransformResult {
  try {
    const { delay } = JSON.parse(payload.toString()) as { delay?: unknown };
    if (typeof delay !== 'number') throw new TypeError('a flight needs a numeric delay');
    if (delay < minDelayMinutes) return { originalId: id, status: 'TRANSFORM_STATUS_FILTERED' };
    return {
      originalId: id,
      status: 'TRANSFORM_STATUS_SUCCESS',
      // an output keeps the id of what it came from: that is what makes a repeated write recognisable
      outputRecords: [{ id, payload, ...rest }],
    };
  } catch (error) {
    // one bad record is one error: the rest of the batch goes its way
    return { originalId: id, status: 'TRANSFORM_STATUS_ERROR', errorMessage: String(error) };
  }
}

const handlers: Pick<TransformServiceHandlers, 'ProcessBatch' | 'GetCapabilities'> = {
  ProcessBatch({ request: { inputBatch, transformConfig } }, reply) {
    const minDelayMinutes = Number(transformConfig['minDelayMinutes'] ?? DEFAULT_MIN_DELAY_MINUTES);
    const results = (inputBatch?.records ?? []).map((record) => decide(record, minDelayMinutes));
    reply(null, { batchId: inputBatch?.batchId ?? '', results });
  },
  GetCapabilities(_call, reply) {
    // the id is the name by which pipelines know this transform
    reply(null, {
      transformId: 'transform-delayed',
      supportedRecordTypes: ['flight'],
      maxBatchSize: 1_000,
      maxConcurrentBatches: 4,
    });
  },
};

serve({
  service: SERVICE,
  definition: loadService('conveyor/transform.proto', SERVICE),
  handlers,
});
