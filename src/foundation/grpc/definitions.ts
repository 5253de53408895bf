import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import type { INamespace } from 'protobufjs';
import type { RouterAdminDefinition } from './gen/conveyor/router/RouterAdmin.ts';
import type { SidecarCoordinatorDefinition } from './gen/conveyor/sidecar/SidecarCoordinator.ts';
import type { SidecarDataPlaneDefinition } from './gen/conveyor/sidecar/SidecarDataPlane.ts';
import type { SinkServiceDefinition } from './gen/conveyor/sink/SinkService.ts';
import type { TransformServiceDefinition } from './gen/conveyor/transform/TransformService.ts';
import type { HealthDefinition } from './gen/grpc/health/v1/Health.ts';
import type { ServerReflectionDefinition } from './gen/grpc/reflection/v1/ServerReflection.ts';
import protos from './gen/protos.json' with { type: 'json' };

/** The two package prefixes under which the protocol is in use; their messages are the same (wire contract). */
export const PREFIXES = ['conveyor', 'conveyor_etl'] as const;
/** One of the two package prefixes. */
export type Prefix = (typeof PREFIXES)[number];

/** Sidecars that a batch may come through: more is a fault of the assignment (semantics, HOP_LIMIT). */
export const MAX_HOPS = 32;

/** The services of the protocol and the standard ones, by their name under the `conveyor` prefix. */
export interface Definitions {
  'conveyor.sidecar.SidecarCoordinator': SidecarCoordinatorDefinition;
  'conveyor.sidecar.SidecarDataPlane': SidecarDataPlaneDefinition;
  'conveyor.router.RouterAdmin': RouterAdminDefinition;
  'conveyor.transform.TransformService': TransformServiceDefinition;
  'conveyor.sink.SinkService': SinkServiceDefinition;
  'grpc.health.v1.Health': HealthDefinition;
  'grpc.reflection.v1.ServerReflection': ServerReflectionDefinition;
  'grpc.reflection.v1alpha.ServerReflection': ServerReflectionDefinition;
}
/** Full name of a service, under the `conveyor` prefix. */
export type ServiceName = keyof Definitions;

// a cache of constant data, not state
let loaded: PackageDefinition | undefined;

function packages(): PackageDefinition {
  // decoding the descriptors costs 15 ms, which commands without gRPC need not pay
  loaded ??= fromJSON(protos.definitions as unknown as INamespace, {
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return loaded;
}

/** Rewrites a full name (`conveyor.sidecar.X`) or a method path to the given prefix. Other packages stay as they are. */
export function withPrefix(name: string, prefix: Prefix): string {
  return name.replace(/^(\/?)conveyor(_etl)?\./, `$1${prefix}.`);
}

/**
 * The grpc-js definition of a service under the given prefix. The second prefix is the same definition under
 * another path: no second copy of the messages exists (wire contract, Two package prefixes).
 */
export function serviceDefinition<N extends ServiceName>(
  name: N,
  prefix: Prefix = 'conveyor',
): Definitions[N] {
  const definition = packages()[name] as unknown as Definitions[N];
  return atPath(definition, withPrefix(name, prefix));
}

/** The same methods under another full service name, as a service in the wild carries its own package. */
export function atPath<D extends ServiceDefinition>(definition: D, fullName: string): D {
  return Object.fromEntries(
    Object.entries(definition).map(([method, described]) => [
      method,
      { ...described, path: `/${fullName}/${method}` },
    ]),
  ) as D;
}

const asBytes = (bytes: Buffer): Buffer => bytes;

/** A method that takes and gives encoded messages as they are: no record is decoded on its way. */
export type RawMethod = MethodDefinition<Buffer, Buffer>;

/** Each method of a definition, without the index signature that grpc-js adds. */
export type RawService<D extends ServiceDefinition> = {
  [M in keyof D as string extends M ? never : M]: RawMethod;
};

/** The definition with identity serialisers: messages stay encoded. */
export function raw<D extends ServiceDefinition>(definition: D): RawService<D> {
  const identity = {
    requestSerialize: asBytes,
    requestDeserialize: asBytes,
    responseSerialize: asBytes,
    responseDeserialize: asBytes,
  };
  return Object.fromEntries(
    Object.entries(definition).map(([method, described]) => [method, { ...described, ...identity }]),
  ) as RawService<D>;
}

/** The project's FileDescriptorProtos, encoded, as reflection serves them: each file once, prefix `conveyor`. */
export function fileDescriptors(): readonly Buffer[] {
  return protos.files.map((file) => Buffer.from(file, 'base64'));
}
