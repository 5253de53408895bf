import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { atPath, serviceDefinition } from '../../src/foundation/grpc/definitions.ts';
import type { Capabilities } from '../../src/foundation/grpc/gen/conveyor/transform/Capabilities.ts';
import type { ServerReflectionRequest__Output as Question } from '../../src/foundation/grpc/gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse as Answer } from '../../src/foundation/grpc/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { addHealth, type HealthReporter } from '../../src/foundation/grpc/health.ts';
import { decodeFile } from '../../src/sidecar/discovery/contract/descriptors.ts';

/** The text of the protocol's files for one role, under another package: `acme` gives `acme.common`, `acme.sink`. */
export function contractText(role: 'transform' | 'sink', rootPackage = 'conveyor'): string[] {
  const directory = join(import.meta.dirname, '../../proto/conveyor');
  return ['common', role].map((file) =>
    readFileSync(join(directory, `${file}.proto`), 'utf8')
      .replaceAll(/\bconveyor\./g, `${rootPackage}.`)
      // protobufjs finds types by name; the paths of imports mean nothing here
      .replaceAll(/^import .*$/gm, ''),
  );
}

const TIMESTAMP = `syntax = "proto3"; package google.protobuf;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }`;

interface DescriptorSet {
  file: { name: string; dependency: string[] }[];
}

/**
 * FileDescriptorProtos, encoded, of .proto texts: a file for each package, as servers made with protobufjs have them,
 * with relative references. Each names all others as its imports, since protobufjs leaves imports out.
 */
export function descriptorsOf(...texts: readonly string[]): Buffer[] {
  const root = new protobuf.Root();
  for (const text of [TIMESTAMP, ...texts]) protobuf.parse(text, root, { keepCase: true });
  root.resolveAll();
  const { file } = (root as unknown as { toDescriptor(edition: string): DescriptorSet }).toDescriptor(
    'proto3',
  );
  for (const each of file)
    each.dependency = file.map(({ name }) => name).filter((name) => name !== each.name);
  return file.map((each) => Buffer.from(descriptor.FileDescriptorProto.encode(each).finish()));
}

/** Answers one reflection question; undefined ends the stream, a number ends it with that status. */
export type Reflector = (question: Question) => Answer | number | undefined | Promise<Answer | undefined>;

const notFound = (what: string): Answer => ({
  errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `${what} not found` },
});

/** Reflection as servers do it. @param single each answer holds the one file asked for, never its imports. */
export function reflector(services: readonly string[], files: readonly Buffer[], single = false): Reflector {
  const decoded = files.map((bytes) => ({ bytes, file: decodeFile(bytes) }));
  const answer = (found: typeof decoded, what: string): Answer =>
    found.length === 0
      ? notFound(what)
      : { fileDescriptorResponse: { fileDescriptorProto: found.map(({ bytes }) => bytes) } };
  return (question) => {
    if (question.messageRequest === 'listServices')
      return { listServicesResponse: { service: services.map((name) => ({ name })) } };
    if (question.messageRequest === 'fileByFilename') {
      const name = question.fileByFilename ?? '';
      return answer(
        decoded.filter(({ file }) => file.name === name),
        name,
      );
    }
    const symbol = question.fileContainingSymbol ?? '';
    const holding = decoded.filter(({ file }) => file.services.some(({ name }) => name === symbol));
    return answer(single || holding.length === 0 ? holding : decoded, symbol);
  };
}

function addReflector(server: Server, version: 'v1' | 'v1alpha', reflect: Reflector): void {
  const reply = async (call: ServerDuplexStream<Question, Answer>, question: Question): Promise<void> => {
    const answer = await reflect(question);
    if (answer === undefined) call.end();
    else if (typeof answer === 'number') call.emit('error', { code: answer, details: 'scripted' });
    else call.write(answer);
  };
  server.addService(serviceDefinition(`grpc.reflection.${version}.ServerReflection`), {
    ServerReflectionInfo(call: ServerDuplexStream<Question, Answer>) {
      call.on('data', (question: Question) => void reply(call, question));
      call.on('end', () => call.end());
    },
  });
}

/** What a transform answers to GetCapabilities: this, UNIMPLEMENTED, or nothing at all. */
export type FakeCapabilities = Capabilities | 'unimplemented' | 'silent';

/** What a fake application serves. */
export interface FakeOptions {
  /** Full names: with Sink in it a sink, else a transform. Listed by reflection in this order. */
  readonly services?: readonly string[];
  /** Default: those of the protocol, under the package of the first service. */
  readonly files?: readonly Buffer[];
  /** Default: both. */
  readonly versions?: readonly ('v1' | 'v1alpha')[];
  readonly reflect?: Reflector;
  readonly capabilities?: FakeCapabilities;
  /** Adds grpc.health.v1; `check`: without Watch, always NOT_SERVING for the server as a whole. */
  readonly health?: boolean | 'check';
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: insecure. */
  readonly credentials?: ServerCredentials;
}

/** A running fake application. */
export interface FakeService {
  readonly port: number;
  readonly endpoint: string;
  /** Present with `health`. */
  readonly health: HealthReporter | undefined;
  /** Ends all connections at once, as a killed process does. */
  stop(): void;
}

function methodsOf(capabilities: FakeCapabilities): UntypedServiceImplementation {
  const refuse = (_call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>): void =>
    reply({ code: status.UNIMPLEMENTED });
  const methods = ['ProcessBatch', 'ProcessStream', 'WriteBatch', 'WriteStream', 'Flush'];
  return {
    ...Object.fromEntries(methods.map((name) => [name, refuse])),
    GetCapabilities(_call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>) {
      if (capabilities === 'unimplemented') reply({ code: status.UNIMPLEMENTED });
      else if (capabilities !== 'silent') reply(null, capabilities);
    },
    GetCapacity(_call: ServerUnaryCall<object, object>, reply: sendUnaryData<object>) {
      reply(null, { availableCapacity: 500 });
    },
  };
}

function addApplication(server: Server, name: string, capabilities: FakeCapabilities): void {
  const definition = name.includes('Sink')
    ? serviceDefinition('conveyor.sink.SinkService')
    : serviceDefinition('conveyor.transform.TransformService');
  server.addService(atPath(definition, name), methodsOf(capabilities));
}

function addHealthCheck(server: Server): void {
  server.addService(serviceDefinition('grpc.health.v1.Health'), {
    Check(call: ServerUnaryCall<{ service: string }, object>, reply: sendUnaryData<object>) {
      if (call.request.service === '') reply(null, { status: 'NOT_SERVING' });
      else reply({ code: status.NOT_FOUND });
    },
    Watch(call: ServerWritableStream<object, object>) {
      call.emit('error', { code: status.UNIMPLEMENTED });
    },
  });
}

const rootOf = (service: string): string => service.slice(0, service.indexOf('.'));

/** Files of the protocol for services named as in the protocol, under their own package. */
function contractFiles(services: readonly string[]): Buffer[] {
  const texts = services.flatMap((name) =>
    contractText(name.includes('Sink') ? 'sink' : 'transform', rootOf(name)),
  );
  return descriptorsOf(...new Set(texts));
}

/** Starts an application on a real grpc-js server. */
export async function startService(options: FakeOptions = {}): Promise<FakeService> {
  const { services = ['conveyor.transform.TransformService'], versions = ['v1', 'v1alpha'] } = options;
  const { files = contractFiles(services), capabilities = 'unimplemented' } = options;
  const { host = '127.0.0.1', port = 0, credentials = ServerCredentials.createInsecure() } = options;
  const server = new Server();
  for (const service of services) addApplication(server, service, capabilities);
  const health = options.health === true ? addHealth(server) : undefined;
  if (options.health === 'check') addHealthCheck(server);
  const listed = [...services, ...(options.health === undefined ? [] : ['grpc.health.v1.Health'])];
  const reflect = options.reflect ?? reflector(listed, files);
  for (const version of versions) addReflector(server, version, reflect);
  const address = host.includes(':') ? `[${host}]` : host;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, credentials, (error, taken) =>
      error === null ? resolve(taken) : reject(error),
    );
  });
  return { port: bound, endpoint: `${address}:${bound}`, health, stop: () => server.forceShutdown() };
}
