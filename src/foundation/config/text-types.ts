import { isIP } from 'node:net';
import type { ValueType } from './value-type.ts';

/** Text that matches a pattern. */
export function text(pattern: RegExp, allowed: string): ValueType<string> {
  return { allowed, parse: (value) => (pattern.test(value) ? value : undefined), format: (value) => value };
}

/** A name, an id or an address of no particular form. */
export const word = text(/^[\x21-\x7e]{1,253}$/, 'up to 253 printable characters without spaces');

/** The path of a file or a directory. */
export const path = text(/^\P{C}{1,4096}$/u, 'a path');

/** The name of a Kubernetes namespace: a DNS label. */
export const namespaceName = text(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'a namespace: lower-case letters, digits and dashes, up to 63',
);

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    allowed: `one of ${words.join(', ')}`,
    parse: (value) => words.find((word) => word === value),
    format: (value) => value,
    choices: words,
  };
}

/** On or off; as a flag it needs no value. */
export const toggle: ValueType<boolean> = {
  allowed: 'true or false',
  parse: (value) => ({ true: true, false: false })[value],
  format: String,
  toggle: true,
};

/** The word `off`, or a value of another type. */
export function orOff<T>(type: ValueType<T>): ValueType<T | 'off'> {
  return {
    ...type,
    allowed: `off, or ${type.allowed}`,
    parse: (value) => (value === 'off' ? 'off' : type.parse(value)),
    format: (value) => (value === 'off' ? 'off' : type.format(value)),
  };
}

/** An IP address of either family, without brackets; or nothing. */
export const ipAddress: ValueType<string> = {
  allowed: 'an IPv4 or IPv6 address',
  parse: (value) => (isIP(value) === 0 ? undefined : value),
  format: (value) => value,
};

const HOST_PORT = /^(?:https?:\/\/)?(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})):(\d{1,5})\/?$/;

/**
 * `host:port`, an IPv6 host in brackets. A scheme before it is dropped: other implementations' deployments have
 * `http://` there.
 */
export const hostPort: ValueType<string> = {
  allowed: 'host:port ([host]:port for IPv6)',
  parse: (value) => {
    const [, host = '', port = ''] = HOST_PORT.exec(value) ?? [];
    if (host.startsWith('[') && isIP(host.slice(1, -1)) !== 6) return undefined;
    return Number(port) >= 1 && Number(port) <= 65_535 ? `${host}:${port}` : undefined;
  },
  format: (value) => value,
};

/** Several values of a type, separated by commas; as a flag also repeated. Empty parts are left out. */
export function list<T>(type: ValueType<T>): ValueType<readonly T[]> {
  return {
    allowed: `${type.allowed}; several with commas between`,
    parse: (value) => {
      const parsed = parts(value).map((part) => type.parse(part));
      return parsed.includes(undefined) ? undefined : (parsed as readonly T[]);
    },
    format: (values) => values.map((value) => type.format(value)).join(','),
    repeatable: true,
  };
}

/** `key=value` pairs, separated by commas; as a flag also repeated. A key that occurs twice is refused. */
export function pairs(
  key: Pick<ValueType<unknown>, 'parse'>,
  value: Pick<ValueType<string>, 'parse'>,
  allowed: string,
): ValueType<Readonly<Record<string, string>>> {
  return {
    allowed: `${allowed}; several with commas between`,
    parse: (given) => {
      const split = parts(given).map((part) => /^([^=]+)=(.*)$/s.exec(part)?.slice(1) ?? []);
      const valid = split.every(
        ([name = '', item = '']) => key.parse(name) !== undefined && value.parse(item) !== undefined,
      );
      const entries = split as [string, string][];
      return valid && new Set(entries.map(([name]) => name)).size === entries.length
        ? Object.fromEntries(entries)
        : undefined;
    },
    format: (record) =>
      Object.entries(record)
        .map(([name, item]) => `${name}=${item}`)
        .join(','),
    repeatable: true,
  };
}

/** A type of `key=value` pairs that takes so many of them. */
export function atMost<T>(
  max: number,
  type: ValueType<Readonly<Record<string, T>>>,
): ValueType<Readonly<Record<string, T>>> {
  return {
    ...type,
    allowed: `${type.allowed}, at most ${max}`,
    parse: (value) => {
      const parsed = type.parse(value);
      return parsed !== undefined && Object.keys(parsed).length <= max ? parsed : undefined;
    },
  };
}

const parts = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
