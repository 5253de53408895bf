import { status } from '@grpc/grpc-js';

/** Every code that an error of this project can carry, and the gRPC status it travels as. One table. */
const STATUS_OF = {
  CONFIG_INVALID: status.INVALID_ARGUMENT,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  MALFORMED: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  TOO_LARGE: status.RESOURCE_EXHAUSTED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  ABORTED: status.ABORTED,
  OUT_OF_RANGE: status.OUT_OF_RANGE,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  UNAVAILABLE: status.UNAVAILABLE,
  // what a sidecar says at its door when it takes nothing (semantics.md, "Who retries")
  DRAINING: status.UNAVAILABLE,
  PIPELINE_NOT_ASSIGNED: status.UNAVAILABLE,
  STAGE_NOT_ASSIGNED: status.UNAVAILABLE,
  GENERATION_SKEW: status.UNAVAILABLE,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CANCELLED: status.CANCELLED,
  DATA_LOSS: status.DATA_LOSS,
  INTERNAL: status.INTERNAL,
  UNKNOWN: status.UNKNOWN,
} as const satisfies Record<string, status>;

/** A stable, program-readable reason. */
export type ErrorCode = keyof typeof STATUS_OF;

const CODE_OF = new Map<number, ErrorCode>([
  ...Object.entries(STATUS_OF).map(([code, value]) => [value, code as ErrorCode] as const),
  // several codes share one status: the one named as the status wins
  ...Object.entries(status).flatMap(([name, value]) =>
    name in STATUS_OF ? [[Number(value), name as ErrorCode] as const] : [],
  ),
]);

/**
 * The one error class of the project. `code` is stable and meant for programs, `message` for people,
 * `cause` is what it came from. Never compare messages.
 */
export class ConveyorError extends Error {
  override readonly name = 'ConveyorError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The gRPC status this error travels as. */
  get grpcStatus(): status {
    return STATUS_OF[this.code];
  }

  /** The error that a gRPC status is. */
  static ofStatus(code: status, details: string): ConveyorError {
    return new ConveyorError(CODE_OF.get(code) ?? 'UNKNOWN', details);
  }

  /**
   * Normalises anything thrown at a boundary: a ConveyorError as it is, a gRPC ServiceError by its status,
   * an abort as CANCELLED, the rest as `fallback`. The original is kept as `cause`.
   */
  static from(thrown: unknown, fallback: ErrorCode = 'INTERNAL'): ConveyorError {
    if (thrown instanceof ConveyorError) return thrown;
    if (!(thrown instanceof Error)) return new ConveyorError(fallback, String(thrown), { cause: thrown });
    const { code, details } = thrown as { code?: unknown; details?: unknown };
    if (typeof code === 'number' && CODE_OF.has(code)) {
      const text = typeof details === 'string' && details !== '' ? details : thrown.message;
      return new ConveyorError(CODE_OF.get(code) ?? fallback, text, { cause: thrown });
    }
    if (thrown.name === 'AbortError')
      return new ConveyorError('CANCELLED', thrown.message, { cause: thrown });
    return new ConveyorError(fallback, thrown.message, { cause: thrown });
  }
}
