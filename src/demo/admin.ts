import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ConveyorError } from '../foundation/errors.ts';

/** An answer of an admin server. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** One GET on a connection of its own, within two seconds. */
export function adminGet(url: string, signal: AbortSignal): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.on('error', reject);
  });
}

/** What to ask until it is as wished. */
export interface PollOptions<T> {
  readonly ask: () => Promise<T>;
  readonly until: (value: T) => boolean;
  readonly timeoutMs: number;
  /** Names the wish in the error. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Asks every tenth of a second; an error counts as "not yet".
 * @throws ConveyorError DEADLINE_EXCEEDED when the time is over.
 */
export async function poll<T>({ ask, until, timeoutMs, what, signal }: PollOptions<T>): Promise<T> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const value = await ask();
      if (until(value)) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(100, undefined, { signal });
  }
  throw new ConveyorError('DEADLINE_EXCEEDED', `waited ${timeoutMs / 1_000} s in vain for ${what}`, {
    cause,
  });
}
