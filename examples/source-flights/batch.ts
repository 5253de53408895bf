/** Turns flights into batches of records. */
import type { Record } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { Flight } from './read.ts';

/** One batch, all of one partition. */
export interface Batch {
  readonly batchId: string;
  readonly records: readonly Record[];
}

/** How flights become batches. */
export interface BatchOptions {
  readonly sourceId: string;
  /** Order holds within a partition, so its number is what may run at the same time. */
  readonly partitions: number;
  readonly maxRecords: number;
}

/**
 * The flights of one airport share a partition and are numbered in it. The same input gives the same ids again:
 * after a crash the source may start over, and a sink that knows its keys writes nothing twice.
 */
export async function* batchFlights(
  flights: AsyncIterable<Flight>,
  { sourceId, partitions, maxRecords }: BatchOptions,
): AsyncGenerator<Batch, void> {
  const open = Array.from({ length: partitions }, (): Record[] => []);
  const sequences = Array.from({ length: partitions }, () => 0);
  const close = (partition: number): Batch => {
    const records = open[partition] ?? [];
    open[partition] = [];
    return { batchId: `${partition}-${sequences[partition]}`, records };
  };
  for await (const flight of flights) {
    const partition = hash(flight.origin) % partitions;
    const sequenceNumber = (sequences[partition] ?? 0) + 1;
    sequences[partition] = sequenceNumber;
    const records = open[partition] ?? [];
    records.push({
      id: { sourceId, partition, sequenceNumber },
      recordType: 'flight',
      key: Buffer.from(flight.origin),
      payload: Buffer.from(JSON.stringify(flight)),
    });
    if (records.length >= maxRecords) yield close(partition);
  }
  for (const [partition, records] of open.entries()) if (records.length > 0) yield close(partition);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
