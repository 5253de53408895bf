import type { Record as ConveyorRecord } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import { openPush, type PushClient, records } from './push.ts';

/** A source as it should be: keeps what it has sent until it is acknowledged, and sends it again on RETRY and on a new stream. */
export interface Source {
  /** Resolves when every record is acknowledged SUCCESS. */
  readonly done: Promise<void>;
  readonly acknowledged: ReadonlySet<number>;
  readonly sentAgain: () => number;
  stop(): void;
}

interface Batch {
  readonly records: readonly ConveyorRecord[];
}

/** Pushes `count` records in batches, some at a time, through whatever happens to the sidecar. */
export function startSource(
  port: number,
  options: { count: number; batch?: number; window?: number; pipelineId?: string; partitions?: number },
): Source {
  const { count, batch = 10, window = 8, pipelineId = '', partitions = 4 } = options;
  const queue: Batch[] = [];
  for (let from = 0, n = 0; from < count; from += batch, n++) {
    queue.push({ records: records(from, Math.min(batch, count - from), { partition: n % partitions }) });
  }
  const acknowledged = new Set<number>();
  let sentAgain = 0;
  let stopped = false;
  let push: PushClient | undefined;
  let batches = 0;

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const isOpen = (client: PushClient | undefined): client is PushClient =>
    client !== undefined && !client.stream.destroyed && client.stream.writable;
  const stream = (): PushClient => {
    if (isOpen(push)) return push;
    push = openPush(port);
    push.init('src', pipelineId);
    void push.ended.then(() => (push = undefined));
    return push;
  };
  const send = async ({ records: sent }: Batch): Promise<void> => {
    let left = sent;
    while (left.length > 0 && !stopped) {
      try {
        const ack = await stream().push(`b${batches++}`, left);
        const again: ConveyorRecord[] = [];
        for (const [index, { status }] of ack.recordAcks.entries()) {
          const record = left[index];
          if (record === undefined) continue;
          if (status === 'ACK_STATUS_SUCCESS') acknowledged.add(Number(record.id?.sequenceNumber));
          else again.push(record);
        }
        left = again;
      } catch {
        // the stream broke: what was open on it is sent again on the next one
      }
      sentAgain += left.length;
      if (left.length > 0) await pause(50);
    }
  };
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !stopped; next = queue.shift()) await send(next);
  };
  const done = Promise.all(Array.from({ length: window }, worker)).then(async () => {
    await push?.finish();
  });
  return {
    done,
    acknowledged,
    sentAgain: () => sentAgain,
    stop() {
      stopped = true;
      push?.close();
    },
  };
}
