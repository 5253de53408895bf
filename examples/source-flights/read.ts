/** Reads flights, one after the other and in bounded memory: from Parquet, CSV or NDJSON. */
import { createReadStream } from 'node:fs';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { asyncBufferFromFile, parquetMetadataAsync, parquetScan } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parseCsvLine } from '../csv.ts';

/** One flight. `delay` is in minutes, `distance` in miles, airports are IATA codes. */
export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** 3,000,000 US flights of 2001, from the npm package vega-datasets. */
const DEFAULT_INPUT = join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet');

const COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'] as const;

/** The first `count` flights of a file. */
export async function* firstFlights(count: number, file?: string): AsyncGenerator<Flight, void> {
  let left = count;
  for await (const flight of readFlights(file)) {
    if (left-- <= 0) return;
    yield flight;
  }
}

/** The flights of a file, the kind of which its name tells. A line that is not a flight ends it with `FILE:LINE`. */
function readFlights(file: string = DEFAULT_INPUT): AsyncGenerator<Flight, void> {
  if (extname(file) === '.parquet') return readParquet(file);
  return readLines(file, extname(file) === '.csv' ? csvParser() : JSON.parse);
}

/** Row group by row group, by columns: rows of 300,000 flights at a time would cost several times the memory. */
async function* readParquet(path: string): AsyncGenerator<Flight, void> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const parsers = { timestampFromMicroseconds: (micros: bigint) => Number(micros / 1000n) };
  const scan = await parquetScan({ file, metadata, compressors, parsers });
  for (const range of scan.ranges) {
    const read = (column: string): Promise<ArrayLike<unknown>> => scan.readColumn({ column, ...range });
    const [dates, delays, distances, origins, destinations] = await Promise.all([
      read('date'),
      read('delay'),
      read('distance'),
      read('origin'),
      read('destination'),
    ]);
    for (let row = 0; row < dates.length; row++) {
      yield {
        date: new Date(Number(dates[row])).toISOString(),
        delay: Number(delays[row]),
        distance: Number(distances[row]),
        origin: String(origins[row]),
        destination: String(destinations[row]),
      };
    }
  }
}

async function* readLines(file: string, parse: (line: string) => unknown): AsyncGenerator<Flight, void> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    try {
      const fields = parse(line);
      if (fields !== undefined) yield toFlight(fields as Partial<Record<keyof Flight, unknown>>);
    } catch (error) {
      throw new Error(`${file}:${number}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Takes the first line as the names of the columns: for it there is nothing to yield. */
function csvParser(): (line: string) => unknown {
  let header: string[] | undefined;
  return (line) => {
    const fields = parseCsvLine(line);
    if (header !== undefined) return Object.fromEntries(header.map((name, index) => [name, fields[index]]));
    header = fields.map((name) => name.trim().toLowerCase());
    return undefined;
  };
}

function toFlight(fields: Partial<Record<keyof Flight, unknown>>): Flight {
  const missing = COLUMNS.filter((column) => (fields[column] ?? '') === '');
  if (missing.length > 0) throw new Error(`no ${missing.join(', ')} (a flight has ${COLUMNS.join(', ')})`);
  const { date, delay, distance, origin, destination } = fields;
  const flight = { date: String(date), delay: Number(delay), distance: Number(distance) };
  if (Number.isNaN(flight.delay) || Number.isNaN(flight.distance))
    throw new Error('delay and distance must be numbers');
  return { ...flight, origin: String(origin), destination: String(destination) };
}
