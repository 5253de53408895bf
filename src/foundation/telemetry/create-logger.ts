import { Writable } from 'node:stream';
import { createLogger as createWinston, format, type Logger as Winston, transports } from 'winston';
import { formatJson, formatPretty, type LogEntry, type LogLevel } from './log-format.ts';
import type { LogFields, Logger } from './logger.ts';

/** How a program logs. */
export interface LoggerOptions {
  /** The least severe level that is logged. */
  readonly level: LogLevel;
  readonly format: 'pretty' | 'json';
  /** Takes one line with its end. Called before the log call returns, so that nothing is lost when the process ends. */
  readonly write: (line: string) => void;
  /** Colours in the pretty format; true unless told. */
  readonly colours?: boolean;
}

// winston finds the finished text of a line here (https://github.com/winstonjs/triple-beam)
const MESSAGE = Symbol.for('message');

function lineFormat({ format: name, colours = true }: LoggerOptions): ReturnType<typeof format.combine> {
  return format((info) => {
    const entry = info['entry'] as LogEntry;
    info[MESSAGE] = name === 'json' ? formatJson(entry) : formatPretty(entry, colours);
    return info;
  })();
}

/** The program's logger. Components get a child each. */
export function createLogger(options: LoggerOptions): Logger {
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      options.write(line);
      done();
    },
  });
  const winston = createWinston({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: lineFormat(options),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it so itself
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  return childOf(winston, '');
}

function childOf(winston: Winston, component: string): Logger {
  const log =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (!winston.isLevelEnabled(level)) return;
      winston.log({ level, message, entry: { timeMs: Date.now(), level, component, message, fields } });
    };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (name) => childOf(winston, component === '' ? name : `${component}.${name}`),
  };
}
