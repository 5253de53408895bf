import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after } from 'node:test';
import { waitFor } from '../support/wait.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, '.cache/interop');
const PYTHON = join(BUILT, 'venv/bin/python');

/** A program that runs as a process of its own. */
export interface Program {
  stdout(): string;
  stderr(): string;
  /** A line to its standard input. */
  say(line: string): void;
  /** Resolves to the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<unknown>;
}

const running = new Set<ChildProcess>();

/** Kills what still runs at the end of the file; resolves when all of it is gone. */
export function killAtEnd(): void {
  after(async () => {
    const ended = [...running].map((child) => once(child, 'close'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ended);
  });
}

function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  if (!existsSync(command))
    throw new Error(`${command} is not there: run make test-interop, which builds it`);
  const { PATH = '', HOME = '' } = process.env;
  // a sidecar's variables of this machine must not configure those of the test
  const child = spawn(command, args, { env: { PATH, HOME, ...env }, stdio: 'pipe' });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'close').then(([code]: (number | null)[]) => {
    running.delete(child);
    return code ?? null;
  });
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    say: (line) => void child.stdin.write(`${line}\n`),
    exited,
    kill() {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** `conveyor-sidecar` from the sources. */
export function conveyor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return start(process.execPath, [join(ROOT, 'src/main.ts'), ...args], env);
}

/** A program of ./python. */
export function python(file: string, ...args: readonly string[]): Program {
  return start(PYTHON, ['-B', join(import.meta.dirname, 'python', file), ...args], {
    PYTHONPATH: join(BUILT, 'python'),
  });
}

/** The sink in Go. */
export function goSink(port: number): Program {
  return start(join(BUILT, 'bin/sink'), ['-port', String(port)]);
}

/** Waits until a service says that it listens. */
export async function listening(program: Program): Promise<Program> {
  await waitFor(() => program.stdout().startsWith('listening '), {
    timeoutMs: 20_000,
    what: () => `a service: ${program.stderr()}`,
  });
  return program;
}

/** A record as the Go sink has written it. */
export interface Written {
  readonly source: string;
  readonly sequence: number;
  readonly payload: { readonly number: number; readonly email: string };
  readonly metadata: Readonly<Record<string, string>>;
}

/** All that a sink has written, whole lines only: a killed one may have begun another. */
export function writtenBy(sink: Program): Written[] {
  const lines = sink.stdout().split('\n').slice(1, -1);
  return lines.map((line) => JSON.parse(line) as Written);
}

/** An admin page; rejects unless it is answered with 200. */
export function adminGet(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path}: ${response.statusCode} ${body}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time'))).on('error', reject);
  });
}
