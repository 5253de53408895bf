/**
 * Loads a service of the protocol from `proto/`. With a copy of that folder this works in any repository; the types
 * are what `proto-loader-gen-types` makes of the same files.
 */
import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** The definition of a service, by the file that declares it and its full name. */
export function loadService(file: string, name: string): ServiceDefinition {
  const loaded = loadSync(file, {
    includeDirs: [join(import.meta.dirname, '../proto')],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return loaded[name] as ServiceDefinition;
}
