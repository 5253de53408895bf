import { styleText } from 'node:util';
import type { LogFields } from './logger.ts';

/** One thing that was logged. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: LogLevel;
  /** '' for the program itself. */
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Severities, the gravest first. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const MAX_DEPTH = 6;
const MAX_TEXT = 8_192;

/** What JSON would print of an Error is `{}`: name, code, message, stack, cause and the errors of an aggregate instead. */
function expandError(error: Error, depth: number): Record<string, unknown> {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: toPlain(error.cause, depth + 1) }),
    ...(Array.isArray(errors) ? { errors: errors.map((each) => toPlain(each, depth + 1)) } : {}),
  };
}

/** Anything as data that JSON can hold: errors expanded, cycles and long texts cut, bytes only counted. */
function toPlain(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return String(value);
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Error) return expandError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return toPlain(Object.fromEntries(value), depth);
  if (Array.isArray(value) || value instanceof Set) return [...value].map((each) => toPlain(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toPlain(each, depth + 1)]));
}

/** One JSON object: time, level, component, message, then the fields. */
export function formatJson({ timeMs, level, component, message, fields }: LogEntry): string {
  const head = {
    time: new Date(timeMs).toISOString(),
    level,
    ...(component === '' ? {} : { component }),
    message,
  };
  // a field that is called as a part of the head must not replace it
  return JSON.stringify({ ...head, ...(toPlain(fields) as object), ...head });
}

const COLOUR = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;
type Style = Parameters<typeof styleText>[0];

function errorLine(error: Error): string {
  const { code } = error as { code?: unknown };
  const own = `${typeof code === 'string' ? `${code}: ` : ''}${error.message}`;
  return error.cause instanceof Error ? `${own} <- ${errorLine(error.cause)}` : own;
}

function fieldText(value: unknown): string {
  const plain = value instanceof Error ? errorLine(value) : toPlain(value);
  return typeof plain === 'string' && /^[\x21-\x7e]+$/.test(plain) ? plain : JSON.stringify(plain);
}

/** One line for people: time, level, component, message, fields. Stacks are shown only with a debug message. */
export function formatPretty(
  { timeMs, level, component, message, fields }: LogEntry,
  colours: boolean,
): string {
  const paint = (style: Style, text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  const stacks =
    level === 'debug' ? known.flatMap(([, value]) => (value instanceof Error ? [value.stack] : [])) : [];
  const line = [
    paint('gray', new Date(timeMs).toISOString().slice(11, 23)),
    paint(COLOUR[level], level.toUpperCase().padEnd(5)),
    ...(component === '' ? [] : [paint('cyan', component)]),
    message,
    ...known.map(([key, value]) => `${paint('gray', `${key}=`)}${fieldText(value)}`),
  ].join(' ');
  return [line, ...stacks].join('\n');
}
