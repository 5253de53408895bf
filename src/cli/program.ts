import { randomUUID } from 'node:crypto';
import { createLogger, type LoggerOptions } from '../foundation/telemetry/create-logger.ts';
import type { Logger } from '../foundation/telemetry/logger.ts';
import type { Io, Usage } from './io.ts';

/** What a long-running program gets from the process that it runs in. */
export interface ProgramHost {
  readonly logger: Logger;
  readonly version: string;
  readonly nodeVersion: string;
  readonly usage: Usage;
  /** New at every start. */
  readonly instance: string;
}

/** The log settings of a config. */
export interface LogConfig {
  readonly logLevel: LoggerOptions['level'];
  readonly logFormat: LoggerOptions['format'];
}

/** The host of a program: its log goes to stderr, with what there is to note of the configuration first. */
export function hostOf(
  { logLevel: level, logFormat: format }: LogConfig,
  io: Io,
  notes: readonly string[],
): ProgramHost {
  const { stderr, version, nodeVersion, usage } = io;
  const logger = createLogger({ level, format, write: (line) => stderr.write(line), colours: coloursOn(io) });
  for (const note of notes) logger.warn('configuration note', { note });
  return { logger, version, nodeVersion, usage, instance: randomUUID() };
}

/** @see https://no-color.org */
function coloursOn({ stderr, env }: Io): boolean {
  return stderr.isTTY === true && (env['NO_COLOR'] ?? '') === '';
}
