import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { fileDescriptors, type Prefix, serviceDefinition, withPrefix } from './definitions.ts';
import type { ServerReflectionRequest__Output } from './gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse } from './gen/grpc/reflection/v1/ServerReflectionResponse.ts';

interface File {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly symbols: readonly string[];
  readonly bytes: Buffer;
}

interface DecodedFile {
  name: string;
  package: string;
  dependency: string[];
  service: { name: string; method: { name: string; inputType: string; outputType: string }[] }[];
  messageType: DecodedMessage[];
  enumType: { name: string }[];
}
interface DecodedMessage {
  name: string;
  field: { typeName?: string }[];
  nestedType: DecodedMessage[];
  enumType: { name: string }[];
}

const rewriteType = (name: string, prefix: Prefix): string => `.${withPrefix(name.slice(1), prefix)}`;

function rewriteMessage(message: DecodedMessage, prefix: Prefix): void {
  for (const field of message.field) {
    if (field.typeName !== undefined && field.typeName !== '')
      field.typeName = rewriteType(field.typeName, prefix);
  }
  for (const nested of message.nestedType) rewriteMessage(nested, prefix);
}

/** The same file with its package, its references and its path under another prefix (wire contract). */
function rewrite(file: DecodedFile, prefix: Prefix): void {
  const movePath = (path: string): string => path.replace(/^conveyor\//, `${prefix}/`);
  file.name = movePath(file.name);
  file.package = withPrefix(`${file.package}.`, prefix).slice(0, -1);
  file.dependency = file.dependency.map(movePath);
  for (const message of file.messageType) rewriteMessage(message, prefix);
  for (const { method } of file.service) {
    for (const each of method) {
      each.inputType = rewriteType(each.inputType, prefix);
      each.outputType = rewriteType(each.outputType, prefix);
    }
  }
}

function symbolsOf(file: DecodedFile): string[] {
  const ofMessage = (message: DecodedMessage, scope: string): string[] => {
    const name = `${scope}.${message.name}`;
    return [
      name,
      ...message.nestedType.flatMap((nested) => ofMessage(nested, name)),
      ...message.enumType.map((nested) => `${name}.${nested.name}`),
    ];
  };
  return [
    ...file.messageType.flatMap((message) => ofMessage(message, file.package)),
    ...file.enumType.map(({ name }) => `${file.package}.${name}`),
    ...file.service.flatMap(({ name, method }) => [
      `${file.package}.${name}`,
      ...method.map((each) => `${file.package}.${name}.${each.name}`),
    ]),
  ];
}

function filesUnder(prefix: Prefix): File[] {
  return fileDescriptors().map((bytes) => {
    const message = descriptor.FileDescriptorProto.decode(bytes);
    const file = message as unknown as DecodedFile;
    rewrite(file, prefix);
    return {
      name: file.name,
      dependencies: file.dependency,
      symbols: symbolsOf(file),
      bytes: Buffer.from(descriptor.FileDescriptorProto.encode(message).finish()),
    };
  });
}

/** Answers reflection requests about a set of files. */
type Index = (request: ServerReflectionRequest__Output) => Omit<ServerReflectionResponse, 'originalRequest'>;

function indexOf(services: readonly string[], files: readonly File[]): Index {
  const byName = new Map(files.map((file) => [file.name, file]));
  const bySymbol = new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)));

  const closure = (file: File, seen = new Set<File>()): Set<File> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const name of file.dependencies) {
      const dependency = byName.get(name);
      if (dependency !== undefined) closure(dependency, seen);
    }
    return seen;
  };
  const found = (file: File | undefined, what: string): ReturnType<Index> =>
    file === undefined
      ? { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `${what} not found` } }
      : { fileDescriptorResponse: { fileDescriptorProto: [...closure(file)].map(({ bytes }) => bytes) } };

  return (request) => {
    switch (request.messageRequest) {
      case 'listServices':
        return { listServicesResponse: { service: services.map((name) => ({ name })) } };
      case 'fileByFilename':
        return found(byName.get(request.fileByFilename ?? ''), `file ${request.fileByFilename ?? ''}`);
      case 'fileContainingSymbol':
        return found(
          bySymbol.get(request.fileContainingSymbol ?? ''),
          `symbol ${request.fileContainingSymbol ?? ''}`,
        );
      case 'fileContainingExtension':
      case 'allExtensionNumbersOfType':
        return {
          errorResponse: { errorCode: status.NOT_FOUND, errorMessage: 'proto3 files have no extensions' },
        };
      default:
        return {
          errorResponse: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'empty reflection request' },
        };
    }
  };
}

/**
 * Adds reflection, v1 and v1alpha, for the given services to a server.
 * @param services full names; those of the second prefix are served from the same files, rewritten.
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const listed = [
    ...services,
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ];
  // few are ever asked: the index is made for the first who asks
  let index: Index | undefined;
  const answer: Index = (request) => {
    index ??= indexOf(listed, [...filesUnder('conveyor'), ...filesUnder('conveyor_etl')]);
    return index(request);
  };
  const ServerReflectionInfo = (
    call: ServerDuplexStream<ServerReflectionRequest__Output, ServerReflectionResponse>,
  ): void => {
    call.on('data', (request: ServerReflectionRequest__Output) => {
      call.write({ validHost: request.host, originalRequest: request, ...answer(request) });
    });
    call.on('end', () => call.end());
  };
  for (const version of ['v1', 'v1alpha'] as const) {
    server.addService(serviceDefinition(`grpc.reflection.${version}.ServerReflection`), {
      ServerReflectionInfo,
    });
  }
}
