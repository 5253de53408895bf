import type { Status } from 'kubernetes-types/meta/v1.d.ts';
import { ConveyorError, type ErrorCode } from '../../errors.ts';

const CODES = new Map<number, ErrorCode>([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [405, 'UNIMPLEMENTED'],
  [409, 'ABORTED'],
  [410, 'OUT_OF_RANGE'],
  [413, 'TOO_LARGE'],
  [415, 'UNIMPLEMENTED'],
  [422, 'INVALID_ARGUMENT'],
  [429, 'RESOURCE_EXHAUSTED'],
]);
const MAX_TEXT = 500;

/** The error that an answer of the API is, by its HTTP status and its reason (api.ts says which is which). */
export function failureOf(httpStatus: number, status: Status): ConveyorError {
  const message = status.message ?? `HTTP ${httpStatus}`;
  if (status.reason === 'AlreadyExists') return new ConveyorError('ALREADY_EXISTS', message);
  const code = CODES.get(httpStatus) ?? (httpStatus >= 500 ? 'UNAVAILABLE' : 'UNKNOWN');
  return new ConveyorError(code, message);
}

/** The same of an answer's text, which is a Status where the API itself has answered, and anything where a proxy has. */
export function failureOfText(httpStatus: number, text: string): ConveyorError {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status)
      return failureOf(httpStatus, status as Status);
  } catch {
    // not of the API: its text says what it is
  }
  return failureOf(httpStatus, { message: `HTTP ${httpStatus}: ${text.slice(0, MAX_TEXT)}` });
}
