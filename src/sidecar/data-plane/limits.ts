import type { RecordOutline } from '../wire/outline.ts';
import type { AckException, BatchAcks } from '../wire/writer.ts';

/** Records of one batch, and of one call: what acknowledges them has to fit a message of the usual 4 MiB. */
export const MAX_BATCH_RECORDS = 16_384;
/** What following a record costs besides its bytes. */
const RECORD_OVERHEAD_BYTES = 512;
/** Text of one error, and of all errors of one batch. */
const MAX_ERROR_CHARS = 1_024;
const MAX_ERRORS_CHARS = 1_048_576;

/** Bytes that a batch takes up: of the message, and of what is kept for each record. */
export function heldBytes(messageBytes: number, records: readonly RecordOutline[]): number {
  return messageBytes + records.length * RECORD_OVERHEAD_BYTES;
}

/** The acks with no more text than a sender can receive: long errors are cut, and left out when there are too many. */
export function concise(acks: BatchAcks): BatchAcks {
  const { records, exceptions } = acks;
  if (exceptions.size === 0) return acks;
  let leftChars = MAX_ERRORS_CHARS;
  const cut = (exception: AckException): AckException => {
    const chars = Math.min(MAX_ERROR_CHARS, leftChars, exception.error.length);
    leftChars -= chars;
    return chars === exception.error.length
      ? exception
      : { ...exception, error: exception.error.slice(0, chars) };
  };
  return { records, exceptions: new Map([...exceptions].map(([index, each]) => [index, cut(each)])) };
}
