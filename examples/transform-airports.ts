/**
 * A transform that enriches: each flight gets the cities and coordinates of its two airports. A flight from an airport
 * that the table does not know goes on without them, because a gap in reference data is no reason to lose a record.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Record__Output } from '../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { TransformResult } from '../src/foundation/grpc/gen/conveyor/transform/TransformResult.ts';
import type { TransformServiceHandlers } from '../src/foundation/grpc/gen/conveyor/transform/TransformService.ts';
import { parseCsvLine } from './csv.ts';
import { loadService } from './protos.ts';
import { serve } from './serve.ts';

const SERVICE = 'conveyor.transform.TransformService';
const AIRPORTS =
  process.env['AIRPORTS_CSV'] ?? join(import.meta.dirname, '../node_modules/vega-datasets/data/airports.csv');

interface Airport {
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
}

function readAirports(file: string): Map<string, Airport> {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const columns = parseCsvLine(header);
  const rows = lines.map((line) => {
    const fields = parseCsvLine(line);
    return Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']));
  });
  return new Map(
    rows.map(({ iata = '', city = '', latitude, longitude }) => [
      iata,
      { city, latitude: Number(latitude), longitude: Number(longitude) },
    ]),
  );
}

const airports = readAirports(AIRPORTS);

function enrich({ id, payload, ...rest }: Record__Output): TransformResult {
  try {
    const flight = JSON.parse(payload.toString()) as { origin: string; destination: string };
    const enriched = { ...flight, from: airports.get(flight.origin), to: airports.get(flight.destination) };
    return {
      originalId: id,
      status: 'TRANSFORM_STATUS_SUCCESS',
      outputRecords: [{ ...rest, id, payload: Buffer.from(JSON.stringify(enriched)) }],
    };
  } catch (error) {
    return { originalId: id, status: 'TRANSFORM_STATUS_ERROR', errorMessage: String(error) };
  }
}

const handlers: Pick<TransformServiceHandlers, 'ProcessBatch' | 'GetCapabilities'> = {
  ProcessBatch({ request: { inputBatch } }, reply) {
    reply(null, { batchId: inputBatch?.batchId ?? '', results: (inputBatch?.records ?? []).map(enrich) });
  },
  GetCapabilities(_call, reply) {
    reply(null, { transformId: 'transform-airports', maxBatchSize: 1_000, maxConcurrentBatches: 4 });
  },
};

serve({
  service: SERVICE,
  definition: loadService('conveyor/transform.proto', SERVICE),
  handlers,
});
