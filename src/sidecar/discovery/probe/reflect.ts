import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { serviceDefinition } from '../../../foundation/grpc/definitions.ts';
import type { ServerReflectionRequest } from '../../../foundation/grpc/gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse__Output as Response } from '../../../foundation/grpc/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { isInfrastructure } from '../contract/classify.ts';
import { decodeFile, type DescriptorFile } from '../contract/descriptors.ts';

/** Versions of the reflection protocol, in the order in which they are tried. */
const VERSIONS = ['v1', 'v1alpha'] as const;
/** A version of the reflection protocol. */
export type ReflectionVersion = (typeof VERSIONS)[number];

/** Bounds of one conversation. What is over one of them is TOO_LARGE. */
export interface ReflectionLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxServices: number;
}

/** Bounds that real services stay far below. */
export const REFLECTION_LIMITS: ReflectionLimits = {
  maxBytes: 2 * 1024 * 1024,
  maxFiles: 512,
  maxServices: 64,
};

/** How long a conversation may take, both versions together, and what it may cost. */
export interface ReflectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly limits?: ReflectionLimits;
}

/** What a server says it serves. */
export interface Reflection {
  readonly version: ReflectionVersion;
  /** Full names, as listed. */
  readonly services: readonly string[];
  /** The files of all services but infrastructure, with what they import. */
  readonly files: readonly DescriptorFile[];
}

/** Status code of gRPC's UNIMPLEMENTED in an error response. */
const UNIMPLEMENTED = 12;

/** One conversation: strictly one answer to each question, bounded in bytes. */
interface Conversation {
  ask(question: ServerReflectionRequest): Promise<Response>;
  end(): void;
}

function converse(
  client: Client,
  version: ReflectionVersion,
  options: {
    readonly deadlineMs: number;
    readonly maxBytes: number;
    readonly signal: AbortSignal | undefined;
  },
): Conversation {
  const method = serviceDefinition(`grpc.reflection.${version}.ServerReflection`).ServerReflectionInfo;
  let bytes = 0;
  const call: ClientDuplexStream<ServerReflectionRequest, Response> = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    (encoded: Buffer) => {
      bytes += encoded.length;
      if (bytes > options.maxBytes)
        throw new ConveyorError('TOO_LARGE', `answers are above ${options.maxBytes} bytes`);
      return method.responseDeserialize(encoded);
    },
    new Metadata(),
    { deadline: options.deadlineMs },
  );
  const cancel = (): void => call.cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });
  const answers = call[Symbol.asyncIterator]() as AsyncIterator<Response, undefined>;
  return {
    async ask(question) {
      call.write(question);
      const { done, value } = await answers.next();
      // a server may end the stream rather than say that it does not know the method
      if (done === true) throw new ConveyorError('UNIMPLEMENTED', 'reflection ended without an answer');
      return value;
    },
    end() {
      options.signal?.removeEventListener('abort', cancel);
      // a cancelled call reports once more: without a listener that would be an uncaught error
      call.on('error', () => undefined);
      call.cancel();
    },
  };
}

function refuse({ errorCode, errorMessage }: { errorCode: number; errorMessage: string }): never {
  const code = errorCode === UNIMPLEMENTED ? 'UNIMPLEMENTED' : 'NOT_FOUND';
  throw new ConveyorError(code, errorMessage === '' ? `reflection error ${errorCode}` : errorMessage);
}

/** Names stand in paths, logs and tables: they are what protobuf allows, and short. */
const isFullName = (name: string): boolean =>
  name.length <= 256 && /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(name);

async function listServices(talk: Conversation, limits: ReflectionLimits): Promise<string[]> {
  const answer = await talk.ask({ listServices: '*' });
  if (answer.errorResponse) refuse(answer.errorResponse);
  const services = [...new Set((answer.listServicesResponse?.service ?? []).map(({ name }) => name))];
  if (services.length > limits.maxServices)
    throw new ConveyorError('TOO_LARGE', `lists ${services.length} services, above ${limits.maxServices}`);
  if (!services.every(isFullName))
    throw new ConveyorError('MALFORMED', 'lists a service with an invalid name');
  return services;
}

/** The files that an answer holds; none when the server does not know what was asked for. */
function filesOf(answer: Response): DescriptorFile[] {
  if (answer.errorResponse?.errorCode === UNIMPLEMENTED) refuse(answer.errorResponse);
  return (answer.fileDescriptorResponse?.fileDescriptorProto ?? []).map(decodeFile);
}

/** The files of the services and all that they import; servers send the whole closure, a part, or one file alone. */
async function fetchFiles(
  talk: Conversation,
  services: readonly string[],
  limits: ReflectionLimits,
): Promise<DescriptorFile[]> {
  const files = new Map<string, DescriptorFile>();
  const add = (answer: Response): void => {
    for (const file of filesOf(answer)) if (!files.has(file.name)) files.set(file.name, file);
    if (files.size > limits.maxFiles)
      throw new ConveyorError('TOO_LARGE', `descriptors are above ${limits.maxFiles} files`);
  };
  const has = (service: string): boolean =>
    [...files.values()].some((file) => file.services.some(({ name }) => name === service));
  for (const fileContainingSymbol of services)
    if (!has(fileContainingSymbol)) add(await talk.ask({ fileContainingSymbol }));
  const asked = new Set<string>();
  // a Map that grows while it is walked is walked to its new end
  for (const file of files.values()) {
    for (const fileByFilename of file.dependencies) {
      if (files.has(fileByFilename) || asked.has(fileByFilename)) continue;
      if (asked.size >= limits.maxFiles)
        throw new ConveyorError('TOO_LARGE', `imports are above ${limits.maxFiles} files`);
      asked.add(fileByFilename);
      add(await talk.ask({ fileByFilename }));
    }
  }
  return [...files.values()];
}

/** "Unimplemented" in any of its forms: some servers answer an unknown method with UNKNOWN and a text. */
function isUnimplemented({ code, message }: ConveyorError): boolean {
  return (
    code === 'UNIMPLEMENTED' ||
    (code === 'UNKNOWN' && /unimplemented|unknown (service|method)/i.test(message))
  );
}

/** A limit that was met inside a decoder arrives as an INTERNAL of the call. */
function plain(thrown: unknown): ConveyorError {
  const error = ConveyorError.from(thrown, 'UNKNOWN');
  const isLimit = /answers are above \d+ bytes/.exec(error.message);
  return isLimit === null ? error : new ConveyorError('TOO_LARGE', isLimit[0], { cause: thrown });
}

/**
 * Asks a server what it serves: v1, then v1alpha on any form of "unimplemented", at once or late in the stream
 * (jhump/protoreflect#577). One stream, one question at a time, under one deadline.
 * @throws ConveyorError UNIMPLEMENTED without reflection, TOO_LARGE over a limit, MALFORMED for broken descriptors,
 *   else the code of the call's status.
 */
export async function reflect(client: Client, options: ReflectOptions): Promise<Reflection> {
  const { timeoutMs, signal, limits = REFLECTION_LIMITS } = options;
  const settings = { deadlineMs: Date.now() + Math.max(1, timeoutMs), maxBytes: limits.maxBytes, signal };
  for (const version of VERSIONS) {
    const talk = converse(client, version, settings);
    try {
      const services = await listServices(talk, limits);
      const wanted = services.filter((name) => !isInfrastructure(name));
      return { version, services, files: await fetchFiles(talk, wanted, limits) };
    } catch (thrown) {
      const error = plain(thrown);
      if (!isUnimplemented(error)) throw error;
    } finally {
      talk.end();
    }
  }
  throw new ConveyorError('UNIMPLEMENTED', 'offers neither reflection v1 nor v1alpha');
}
