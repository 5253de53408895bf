import type { LogFields, Logger } from '../../src/foundation/telemetry/logger.ts';

/** One line that a component logged. */
export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what is logged, children's lines included. */
export function recordLog(
  lines: LoggedLine[] = [],
  component = '',
): Logger & { readonly lines: LoggedLine[] } {
  const log =
    (level: LoggedLine['level']) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, component, message, fields });
    };
  return {
    lines,
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (name) => recordLog(lines, component === '' ? name : `${component}.${name}`),
  };
}
