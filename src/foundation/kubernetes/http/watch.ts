import type { IncomingMessage } from 'node:http';
import type { Status } from 'kubernetes-types/meta/v1.d.ts';
import { ConveyorError } from '../../errors.ts';
import type { KubeObject, Resource, WatchEvent, WatchOptions } from '../api.ts';
import { deadline } from './deadline.ts';
import { failureOf } from './failure.ts';
import { lines } from './lines.ts';
import { collectionPath, selectionQuery, withQuery } from './paths.ts';
import { broken, parsed, type Transport } from './transport.ts';

// etcd takes 1.5 MiB an object
const MAX_LINE_BYTES = 8 * 1_024 * 1_024;

function eventOf(line: string): WatchEvent<never> {
  const { type, object } = parsed(line) as { type: string; object: KubeObject & Status };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as never };
    case 'BOOKMARK':
      return { type, resourceVersion: object.metadata?.resourceVersion ?? '' };
    case 'ERROR':
      throw failureOf(object.code ?? 500, object);
    default:
      throw new ConveyorError('MALFORMED', `an event of type ${type}`);
  }
}

/** One watch. */
export interface Watch {
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly resource: Resource;
  readonly options: WatchOptions;
  readonly signal: AbortSignal;
}

/** What KubeApi.watch promises; `never` is what fits every type of object. */
export async function* watch({
  transport,
  timeoutMs,
  resource,
  options,
  signal,
}: Watch): AsyncGenerator<WatchEvent<never>> {
  const { namespace, resourceVersion, timeoutSeconds } = options;
  const path = withQuery(collectionPath(resource, namespace), {
    ...selectionQuery(options),
    ...{ watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds },
  });
  const opening = deadline(timeoutMs, signal);
  const limit = deadline(timeoutSeconds * 1_000 + timeoutMs, signal);
  const either = AbortSignal.any([opening.signal, limit.signal]);
  let response: IncomingMessage | undefined;
  try {
    response = await transport({ method: 'GET', path, signal: either });
    opening.end();
    yield { type: 'BOOKMARK', resourceVersion };
    for await (const line of lines(response, MAX_LINE_BYTES)) yield eventOf(line);
  } catch (error) {
    throw broken(error, either);
  } finally {
    opening.end();
    limit.end();
    response?.destroy();
  }
}
