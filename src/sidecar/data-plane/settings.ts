import { setting } from '../../foundation/config/setting.ts';
import { bytes, duration, formatBytes, integer, MIB } from '../../foundation/config/value-type.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const GIB = 1_024 * MIB;
const DEFAULT_BUDGET_BYTES = 64 * MIB;

/** What the way of a record may take. */
export const DATA_PLANE_SETTINGS = {
  byteBudgetBytes: setting({
    env: 'BYTE_BUDGET',
    group: 'Data plane',
    describe: 'record bytes that may be in flight in the process; what is over it waits in the sender',
    type: bytes({ min: MIB, max: 64 * GIB }),
    default: ({ memoryLimitBytes = Infinity }) =>
      Math.max(MIB, Math.min(DEFAULT_BUDGET_BYTES, Math.floor(memoryLimitBytes / 4))),
    defaultText: `a quarter of the container's memory limit, at most ${formatBytes(DEFAULT_BUDGET_BYTES)}`,
  }),
  maxMessageBytes: setting({
    env: 'MAX_MESSAGE_BYTES',
    group: 'Data plane',
    describe: 'largest message that the gRPC server accepts',
    type: bytes({ min: 1_024, max: GIB }),
    default: (_facts, { byteBudgetBytes }) => Math.min(16 * MIB, Math.floor(Number(byteBudgetBytes) / 4)),
    defaultText: '16MiB, or a quarter of the byte budget if that is less',
  }),
  stageMaxMessageBytes: setting({
    env: 'STAGE_MAX_MESSAGE_BYTES',
    group: 'Data plane',
    describe: 'largest message sent to services and other sidecars; larger batches are split',
    type: bytes({ min: 1_024, max: GIB }),
    default: (_facts, { maxMessageBytes }) => Math.min(4 * MIB, Number(maxMessageBytes)),
    defaultText: '4MiB, or the largest accepted message if that is less',
  }),
  batchTimeoutMs: setting({
    env: 'BATCH_TIMEOUT',
    group: 'Data plane',
    describe: 'time that the calls of one batch may take, retries included',
    type: duration({ minMs: 50, maxMs: 60 * MINUTE }),
    default: 30 * SECOND,
  }),
  credits: setting({
    env: 'CREDITS',
    group: 'Data plane',
    describe: 'records that a source may send ahead of their acknowledgements',
    type: integer({ min: 1, max: 10_000_000 }),
    default: 10_000,
  }),
};
