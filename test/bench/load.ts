import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { raw, type RawMethod, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import { WireReader } from '../../src/sidecar/wire/reader.ts';
import { batchOf, batchTemplate } from './batch.ts';
import type { ServicesReady } from './services.ts';

/** How a cell of the matrix loads what it measures. */
export interface Load {
  readonly records: number;
  readonly inFlight: number;
  /** One for each batch in flight, or one for all. */
  readonly partitions: 'many' | 'one';
}

/** Where a window ends: after so many batches or so much time, whichever is first. */
export interface Bound {
  readonly batches: number;
  readonly ms: number;
}

/** What a window came to. */
export interface Window {
  readonly batches: number;
  readonly seconds: number;
  /** Of each batch, from its sending to its acknowledgement. */
  readonly latenciesMs: readonly number[];
}

/** Something that takes batches. */
export interface Loaded {
  run(bound: Bound): Promise<Window>;
  close(): void;
}

const CHANNEL = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.use_local_subchannel_pool': 1,
};

/** Keeps so many batches in flight until the bound is reached and all are answered. */
async function closedLoop(
  inFlight: number,
  bound: Bound,
  send: (slot: number) => Promise<void>,
): Promise<Window> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const turn = async (slot: number): Promise<void> => {
    while (sent < bound.batches && performance.now() - startedAt < bound.ms) {
      sent++;
      const sentAt = performance.now();
      await send(slot);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, slot) => turn(slot)));
  return { batches: sent, seconds: (performance.now() - startedAt) / 1_000, latenciesMs };
}

/** The ack in a `PushRecordsResponse`, its record acks left alone; undefined for another message. */
function ackOf(message: Buffer): { batchId: string; success: boolean } | undefined {
  const reader = new WireReader(message, 'PushRecordsResponse');
  const isAck = reader.next() && reader.field === 1;
  if (!isAck) return undefined;
  reader.enter();
  let batchId = '';
  let success = false;
  while (reader.next()) {
    const { field } = reader;
    if (field === 1) batchId = reader.string();
    else if (field === 2) success = reader.bool();
    else break;
  }
  return { batchId, success };
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A source that sends to a sidecar, or to what stands in for one. */
export function pushLoad(port: number, { records, inFlight, partitions }: Load): Loaded {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), CHANNEL);
  const stream = openPush(client);
  const templates = Array.from({ length: inFlight }, (_, slot) =>
    batchTemplate(records, partitions === 'many' ? slot : 0),
  );
  const waiting = new Map<string, Waiting>();
  stream.on('data', (message: Buffer) => {
    const ack = ackOf(message);
    if (ack === undefined) return;
    const { resolve, reject } = waiting.get(ack.batchId)!;
    waiting.delete(ack.batchId);
    if (ack.success) resolve();
    else reject(new Error(`batch ${ack.batchId} was not delivered`));
  });
  stream.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  let batches = 0;
  const send = (slot: number): Promise<void> => {
    const template = templates[slot]!;
    const batchId = String(++batches).padStart(12, '0');
    template.renumber(batchId, batches * records);
    return new Promise((resolve, reject) => {
      waiting.set(batchId, { resolve, reject });
      stream.write(template.bytes);
    });
  };
  return {
    run: (bound) => closedLoop(inFlight, bound, send),
    close() {
      stream.cancel();
      client.close();
    },
  };
}

function openPush(client: Client): ClientDuplexStream<Buffer, Buffer> {
  const definition = serviceDefinition('conveyor.sidecar.SidecarDataPlane');
  const { path, requestSerialize, responseDeserialize } = raw(definition).PushRecords;
  const stream = client.makeBidiStreamRequest<Buffer, Buffer>(
    path,
    requestSerialize,
    responseDeserialize,
    new Metadata(),
  );
  stream.write(
    definition.PushRecords.requestSerialize({ init: { sourceId: 'source', pipelineId: 'default/bench' } }),
  );
  return stream;
}

/** The same calls made directly to the services, as if there were nothing in between. */
export function directLoad({ transform, sink }: ServicesReady, { records, inFlight }: Load): Loaded {
  const { ProcessBatch } = serviceDefinition('conveyor.transform.TransformService');
  const { WriteBatch } = serviceDefinition('conveyor.sink.SinkService');
  const batch = batchOf(records, 0);
  const toTransform = caller(transform, raw({ ProcessBatch }).ProcessBatch);
  const toSink = caller(sink, raw({ WriteBatch }).WriteBatch);
  const transformed = ProcessBatch.requestSerialize({ transformId: 'transform', inputBatch: batch });
  const written = WriteBatch.requestSerialize({ sinkId: 'sink', batch });
  return {
    run: (bound) =>
      closedLoop(inFlight, bound, async () => {
        await toTransform.call(transformed);
        await toSink.call(written);
      }),
    close() {
      toTransform.close();
      toSink.close();
    },
  };
}

function caller(
  endpoint: string,
  method: RawMethod,
): { call(request: Buffer): Promise<void>; close(): void } {
  const client = new Client(endpoint, credentials.createInsecure(), CHANNEL);
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = method;
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    close: () => client.close(),
  };
}
