import type { Client } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { type CallSettings, type Method, unary } from '../../../foundation/grpc/call.ts';
import { atPath, serviceDefinition } from '../../../foundation/grpc/definitions.ts';
import type { Classification } from '../contract/classify.ts';
import { type Limits, NOT_STATED } from '../ports.ts';

/** No answer yet: worth asking again. Anything else that a service answers is an answer. */
const UNANSWERED = new Set(['DEADLINE_EXCEEDED', 'UNAVAILABLE', 'CANCELLED']);

async function ask<Res>(
  client: Client,
  method: Method<object, Res>,
  settings: CallSettings,
): Promise<Res | 'unanswered' | undefined> {
  try {
    return await unary(client, method, {}, settings);
  } catch (error) {
    return UNANSWERED.has(ConveyorError.from(error).code) ? 'unanswered' : undefined;
  }
}

/**
 * What a service states of itself: GetCapabilities of a transform, GetCapacity of a sink, each where offered. 0, an
 * empty list, UNIMPLEMENTED and any other refusal mean "not stated".
 * @param protoService full name as reflection lists it; the methods are called under it.
 * @returns undefined when the service did not answer in time. Never throws.
 */
export async function readLimits(
  client: Client,
  service: Pick<Classification, 'kind' | 'methods'> & { readonly protoService: string },
  settings: CallSettings,
): Promise<Limits | undefined> {
  const { kind, methods, protoService } = service;
  if (kind === 'transform' && methods.includes('GetCapabilities')) {
    const definition = atPath(serviceDefinition('conveyor.transform.TransformService'), protoService);
    const answer = await ask(client, definition.GetCapabilities, settings);
    if (answer === 'unanswered') return undefined;
    if (answer === undefined) return NOT_STATED;
    const { transformId, maxBatchSize, maxConcurrentBatches, supportedRecordTypes } = answer;
    return { ...NOT_STATED, ownId: transformId, maxBatchSize, maxConcurrentBatches, supportedRecordTypes };
  }
  if (kind === 'sink' && methods.includes('GetCapacity')) {
    const definition = atPath(serviceDefinition('conveyor.sink.SinkService'), protoService);
    const answer = await ask(client, definition.GetCapacity, settings);
    // a sink's capacity names and limits nothing, so it is not worth a second question
    return typeof answer === 'object'
      ? { ...NOT_STATED, availableCapacity: answer.availableCapacity }
      : NOT_STATED;
  }
  return NOT_STATED;
}
