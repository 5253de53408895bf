/** How a setting's text becomes a value, and back. */
export interface ValueType<T> {
  /** What is allowed, so that "must be <allowed>" is a sentence. */
  readonly allowed: string;
  /** undefined: not allowed. */
  readonly parse: (text: string) => T | undefined;
  /** Text that parses to this value. */
  readonly format: (value: T) => string;
  /** What shell completion offers. */
  readonly choices?: readonly string[];
  /** A flag that needs no value: naming it means `true`. */
  readonly toggle?: true;
  /** The flag may be repeated; several values in one are separated by commas. */
  readonly repeatable?: true;
  /** Text in the environment that somebody else put there and that means "not set". */
  readonly ignored?: (text: string) => boolean;
}

const MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const KIB = 1_024;
const BYTES = { gi: KIB ** 3, mi: KIB ** 2, ki: KIB, g: 1e9, m: 1e6, k: 1e3, '': 1 } as const;

/** One MiB in bytes. */
export const MIB = KIB ** 2;

const within = (value: number, min: number, max: number): number | undefined =>
  Number.isFinite(value) && value >= min && value <= max ? value : undefined;

/** A whole number from `min` to `max`. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): ValueType<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (text) => (/^\d{1,15}$/.test(text) ? within(Number(text), min, max) : undefined),
    format: String,
  };
}

/**
 * A TCP port.
 * @param lowest 0 where "any free one" makes sense, as for a server.
 */
export function port(lowest: 0 | 1 = 1): ValueType<number> {
  return {
    ...integer({ min: lowest, max: 65_535 }),
    allowed: lowest === 0 ? 'a port from 1 to 65535, or 0 for any free one' : 'a port from 1 to 65535',
    // a Service named `admin` puts ADMIN_PORT=tcp://10.0.0.1:80 into every pod of its namespace
    // (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables)
    ignored: (text) => /^(tcp|udp|sctp):\/\//.test(text),
  };
}

/** Bounds of a duration in milliseconds. */
export interface DurationBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `2m`, `30s`, `500ms` as text. */
export function formatMs(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((each) => ms >= MS[each] && ms % MS[each] === 0) ?? 'ms';
  return `${ms / MS[unit]}${unit}`;
}

/** A duration in milliseconds, written `500ms`, `30s`, `2m` or `1h`. A bare number is refused: its unit is a guess. */
export function duration({ minMs, maxMs }: DurationBounds): ValueType<number> {
  return {
    allowed: `a duration such as 500ms, 30s or 2m, from ${formatMs(minMs)} to ${formatMs(maxMs)}`,
    parse: (text) => {
      const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
      if (amount === undefined || unit === undefined) return undefined;
      return within(Math.round(Number(amount) * MS[unit as keyof typeof MS]), minMs, maxMs);
    },
    format: formatMs,
  };
}

/** A duration whose unit is in the variable's name: seconds as text, milliseconds as the value. */
export function seconds({ minMs, maxMs }: DurationBounds): ValueType<number> {
  return {
    allowed: `a number of seconds from ${minMs / 1_000} to ${maxMs / 1_000}`,
    parse: (text) =>
      /^\d{1,9}(\.\d{1,3})?$/.test(text) ? within(Math.round(Number(text) * 1_000), minMs, maxMs) : undefined,
    format: (ms) => String(ms / 1_000),
  };
}

/** A number of bytes as text: `16MiB`, or plain where no unit divides it. */
export function formatBytes(bytes: number): string {
  const unit = (['gi', 'mi', 'ki'] as const).find(
    (each) => bytes >= BYTES[each] && bytes % BYTES[each] === 0,
  );
  return unit === undefined
    ? String(bytes)
    : `${bytes / BYTES[unit]}${unit.toUpperCase().replace('I', 'iB')}`;
}

/** A number of bytes, written plain or as `64MB` (powers of 1000), `16MiB` or `16Mi` (powers of 1024). */
export function bytes({ min, max }: { readonly min: number; readonly max: number }): ValueType<number> {
  return {
    allowed: `a size such as 1048576, 16MiB or 64MB, from ${formatBytes(min)} to ${formatBytes(max)}`,
    parse: (text) => {
      const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,3})?)((?:[kmg]i?)?)b?$/i.exec(text) ?? [];
      if (amount === undefined || unit === undefined) return undefined;
      return within(Math.round(Number(amount) * BYTES[unit.toLowerCase() as keyof typeof BYTES]), min, max);
    },
    format: formatBytes,
  };
}
