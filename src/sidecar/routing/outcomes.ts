import { idKey, type RecordIdOutline, type RecordOutline, sameId } from '../wire/outline.ts';
import { DELIVERED, failed, FILTERED, FORWARDED, type Outcome, returned } from '../wire/outcome.ts';
import type {
  ReceiveRecordsResponse,
  RecordAckOutline,
  TransformResultOutline,
  WriteBatchResponse,
  WriteResultOutline,
} from '../wire/responses.ts';

interface WithId {
  readonly id: RecordIdOutline | undefined;
}

/** What an answer came to, in the order of what was sent. */
export interface Told {
  readonly outcomes: Outcome[];
  /** Results that belong to no record that was sent: counted and ignored. */
  readonly unexpected: number;
}

const NO_RESULT = returned('STAGE_BAD_RESPONSE', 'the answer has no result for the record');
const PEER_NO_RESULT = returned(
  'STAGE_BAD_RESPONSE',
  'the sidecar answered without an acknowledgement for the record',
);

function inOrder(sent: readonly RecordOutline[], results: readonly WithId[]): boolean {
  if (results.length !== sent.length) return false;
  for (let i = 0; i < sent.length; i++) {
    const expected = sent[i]?.id;
    const given = results[i]?.id;
    if (expected === undefined || given === undefined || !sameId(expected, given)) return false;
  }
  return true;
}

/**
 * Gives each record what its result comes to: the n-th result of an id belongs to its n-th record. Undefined where
 * there is none. Answers mostly come in order, and then nothing is looked up.
 */
function matched<R extends WithId>(
  sent: readonly RecordOutline[],
  results: readonly R[],
  outcomeOf: (result: R | undefined) => Outcome,
): Told {
  if (inOrder(sent, results)) return { outcomes: results.map(outcomeOf), unexpected: 0 };
  const byId = new Map<string, R[]>();
  for (const result of results) {
    if (result.id === undefined) continue;
    const key = idKey(result.id);
    const same = byId.get(key);
    if (same === undefined) byId.set(key, [result]);
    else same.push(result);
  }
  let unexpected = results.length;
  const outcomes = sent.map(({ id }) => {
    const result = id === undefined ? undefined : byId.get(idKey(id))?.shift();
    if (result !== undefined) unexpected--;
    return outcomeOf(result);
  });
  return { outcomes, unexpected };
}

function ofTransform(result: TransformResultOutline | undefined): Outcome {
  switch (result?.status) {
    case 'success':
    case 'split':
      return result.outputs.length === 0 ? FILTERED : { kind: 'outputs', records: result.outputs };
    case 'filtered':
      return FILTERED;
    case 'error':
      return failed('TRANSFORM_ERROR', result.errorMessage);
    default:
      return NO_RESULT;
  }
}

/** What a transform said of each record that it was sent (semantics.md, "What a stage's answer means"). */
export function transformOutcomes(
  sent: readonly RecordOutline[],
  results: readonly TransformResultOutline[],
): Told {
  return matched(sent, results, ofTransform);
}

function ofSink(result: WriteResultOutline | undefined, unnamed: Outcome): Outcome {
  if (result === undefined) return unnamed;
  if (result.success) return DELIVERED;
  return result.retryable ? returned('SINK_RETRYABLE', result.error) : failed('SINK_REJECTED', result.error);
}

/**
 * What a sink said of each record that it was sent.
 * @param flushed for a PENDING batch: whether the Flush that followed succeeded.
 */
export function sinkOutcomes(
  sent: readonly RecordOutline[],
  { status, results }: WriteBatchResponse,
  flushed: boolean,
): Told {
  const unnamed = (): Outcome => {
    if (status === 'success') return DELIVERED;
    if (status !== 'pending') return NO_RESULT;
    return flushed ? DELIVERED : returned('SINK_RETRYABLE', 'the sink took the batch and could not flush it');
  };
  const rest = unnamed();
  if (results.length === 0) return { outcomes: new Array<Outcome>(sent.length).fill(rest), unexpected: 0 };
  return matched(sent, results, (result) => ofSink(result, rest));
}

/** The code with which a sidecar refused a whole call at its door, if it did: nothing has run there. */
export type DoorCode = 'DRAINING' | 'PIPELINE_NOT_ASSIGNED' | 'STAGE_NOT_ASSIGNED' | 'GENERATION_SKEW';

const DOOR_CODES: ReadonlySet<string> = new Set<DoorCode>([
  'DRAINING',
  'PIPELINE_NOT_ASSIGNED',
  'STAGE_NOT_ASSIGNED',
  'GENERATION_SKEW',
]);

/** An answer in which every record is RETRY with the same door code (semantics.md, "Who retries"). */
export function refusedAtDoor({ acks }: ReceiveRecordsResponse): DoorCode | undefined {
  const code = acks[0]?.code ?? '';
  const whole = DOOR_CODES.has(code) && acks.every((ack) => ack.status === 'retry' && ack.code === code);
  return whole ? (code as DoorCode) : undefined;
}

function ofPeer(ack: Pick<RecordAckOutline, 'status' | 'code' | 'error'> | undefined): Outcome {
  switch (ack?.status) {
    case 'success':
      return FORWARDED;
    case 'failed':
      return failed(ack.code, ack.error);
    case 'retry':
      return returned(ack.code, ack.error);
    default:
      return PEER_NO_RESULT;
  }
}

const SEVERITY = { success: 0, failed: 1, retry: 2, unspecified: 2 } as const;

/** Acks in no order of ours are taken by id, and the worst of an id wins. */
function worstById(sent: readonly RecordOutline[], acks: readonly RecordAckOutline[]): Outcome[] {
  const worst = new Map<string, RecordAckOutline>();
  for (const ack of acks) {
    if (ack.id === undefined) continue;
    const key = idKey(ack.id);
    const known = worst.get(key);
    if (known === undefined || SEVERITY[ack.status] > SEVERITY[known.status]) worst.set(key, ack);
  }
  return sent.map(({ id }) => ofPeer(id === undefined ? undefined : worst.get(idKey(id))));
}

/** What another sidecar said of each record that it was sent. */
export function peerOutcomes(
  sent: readonly RecordOutline[],
  { success, acks }: ReceiveRecordsResponse,
): Outcome[] {
  if (acks.length === 0 && success) return new Array<Outcome>(sent.length).fill(FORWARDED);
  return inOrder(sent, acks) ? acks.map(ofPeer) : worstById(sent, acks);
}
