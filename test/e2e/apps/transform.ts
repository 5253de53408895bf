/**
 * A transform that filters by the rule. With START_AFTER_MS it starts late; with FLAP_MS it calls itself ready and unready
 * in turns, at READY_PORT; with MOVES, the path of a file that outlives a run, each run listens at the next port.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
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

const { FLAP_MS: flapMs, READY_PORT: readyPort, MOVES: moves } = process.env;
if (flapMs !== undefined)
  createServer((_request, response) => {
    const isReady = Math.floor(Date.now() / Number(flapMs)) % 2 === 0;
    response.writeHead(isReady ? 200 : 503).end();
  }).listen(Number(readyPort));
if (moves !== undefined) {
  const last = existsSync(moves) ? Number(readFileSync(moves, 'utf8')) : 50_050;
  writeFileSync(moves, String(last + 1));
  process.env['PORT'] = String(last + 1);
}

await delay(Number(process.env['START_AFTER_MS'] ?? 0));
const service = 'conveyor.transform.TransformService';
serve({ service, definition: loadService('conveyor/transform.proto', service), handlers });
