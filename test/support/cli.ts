import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** What a run of the command line came to. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the command line that goes on. */
export interface CliRun {
  readonly child: ChildProcess;
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<CliResult>;
}

/** Where and with what the command line runs. */
export interface CliOptions {
  /** Added to an environment that holds nothing but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** The file that Node runs; src/main.ts unless told. */
  readonly main?: string;
  /** What it reads; nothing unless told. */
  readonly stdin?: string;
}

/** Starts `conveyor-sidecar` as a process of its own, with this Node. */
export function startCli(args: readonly string[], { env = {}, main = MAIN, stdin }: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(stdin);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, output: () => ({ stdout, stderr }), ended };
}

/** Runs `conveyor-sidecar` to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}
