import { serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Record as ConveyorRecord } from '../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { RecordOutline } from '../../src/sidecar/wire/outline.ts';
import { readReceiveRecordsRequest } from '../../src/sidecar/wire/requests.ts';

/** Records as the wire reader finds them in a message. */
export function outlined(records: readonly ConveyorRecord[]): readonly RecordOutline[] {
  const { requestSerialize } = serviceDefinition('conveyor.sidecar.SidecarDataPlane').ReceiveRecords;
  return readReceiveRecordsRequest(requestSerialize({ batch: { records: [...records] } })).batch.records;
}

/** Records of one source, in short. */
export function outlines(
  records: readonly { sequence: number; partition?: number; bytes?: number; sourceId?: string }[],
): readonly RecordOutline[] {
  return outlined(
    records.map(({ sequence, partition = 0, bytes = 0, sourceId = 'src' }) => ({
      id: { sourceId, partition, sequenceNumber: sequence },
      payload: Buffer.alloc(bytes),
    })),
  );
}
