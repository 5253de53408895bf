import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { unary } from '../../../src/foundation/grpc/call.ts';
import { serviceDefinition } from '../../../src/foundation/grpc/definitions.ts';
import type { Record } from '../../../src/foundation/grpc/gen/conveyor/common/Record.ts';
import type { ProcessBatchRequest } from '../../../src/foundation/grpc/gen/conveyor/transform/ProcessBatchRequest.ts';
import type { ProcessBatchResponse__Output } from '../../../src/foundation/grpc/gen/conveyor/transform/ProcessBatchResponse.ts';
import { waitFor } from '../../support/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** An example that runs as a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts an example; it is killed when the suite ends, if it still runs. */
export function startProgram(
  file: string,
  { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
): Program {
  const child = spawn(process.execPath, [join(ROOT, 'examples', file), ...args], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close') as Promise<[number | null]>;
  after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
}

/** A client of a server among the examples, once that says where it listens. */
export async function clientOf(program: Program): Promise<Client> {
  const [, port] = await waitFor(() => /listens on 127\.0\.0\.1:(\d+)/.exec(program.stdout()), {
    timeoutMs: 10_000,
    what: () => `a port: ${program.stderr()}`,
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  after(() => client.close());
  return client;
}

/** A record with a JSON payload. */
export function record(sequenceNumber: number, payload: unknown): Record {
  return {
    id: { sourceId: 's', partition: 1, sequenceNumber, idempotencyKey: Buffer.from('k') },
    recordType: 'flight',
    key: Buffer.from('LAS'),
    payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    metadata: { trace: 'x' },
  };
}

/** One ProcessBatch. */
export function processBatch(
  client: Client,
  records: Record[],
  transformConfig: ProcessBatchRequest['transformConfig'] = {},
): Promise<ProcessBatchResponse__Output> {
  const { ProcessBatch } = serviceDefinition('conveyor.transform.TransformService');
  const request = { inputBatch: { batchId: 'b', records }, transformConfig };
  return unary(client, ProcessBatch, request, { timeoutMs: 5_000 });
}
