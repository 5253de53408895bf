/** Structured facts beside a message. Nothing secret, no record payloads. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What components log through: constant lower-case messages, the variable part in the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The logger of one component. */
  child(component: string): Logger;
}
