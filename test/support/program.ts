import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

const root = join(import.meta.dirname, '../..');
const bundle = join(root, 'dist/conveyor-sidecar.cjs');

/** What the tests run: the bundle that the image holds where it was built, else the sources. */
export const PROGRAM = existsSync(bundle) ? bundle : join(root, 'src/main.ts');

/** A program in a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  readonly adminPort: number;
  /** Everything that it has logged. */
  readonly log: () => string;
  /** Resolves when `/readyz` says so. */
  ready(): Promise<void>;
  page(path: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  stop(): Promise<void>;
}

/** Starts `conveyor-sidecar COMMAND` with the given variables, which must name its ADMIN_PORT. */
export function startProgram(command: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, [PROGRAM, ...command], {
    // the working directory of the image is one that it cannot write to
    cwd: '/',
    env: { PATH: process.env['PATH'], LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
  );
  const adminPort = Number(env['ADMIN_PORT']);
  const page = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${adminPort}${path}`, {
      headers: { connection: 'close' },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.text();
  };
  return {
    child,
    adminPort,
    log: () => log,
    page,
    async ready() {
      await waitFor(async () => (await page('/readyz')) !== '', {
        timeoutMs: 20_000,
        what: () => `readiness: ${log}`,
      });
    },
    signal: (name) => void child.kill(name),
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
