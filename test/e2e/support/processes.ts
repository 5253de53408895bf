import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether a program is there and ends well. */
export function answers(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** Runs a program to its end, with its output shown. @throws Error when it fails; the signal ends it. */
export async function run(
  command: string,
  args: readonly string[],
  signal?: AbortSignal,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  const end = (): unknown => child.kill('SIGTERM');
  signal?.addEventListener('abort', end);
  const [code, killed] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  signal?.removeEventListener('abort', end);
  if (code !== 0)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ended with ${code ?? killed ?? '?'}`);
}

/** What to give a program beside its arguments. */
export interface OutputOptions {
  readonly input?: string;
  /** Milliseconds; 60,000 unless told. */
  readonly timeoutMs?: number;
  /** Has stderr shown as it comes, rather than in the error alone. */
  readonly showErrors?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a program prints to stdout. @throws Error with what it says on stderr when it fails. */
export function output(
  command: string,
  args: readonly string[],
  { input, timeoutMs = 60_000, showErrors = false, environment = {} }: OutputOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const env = { ...process.env, ...environment };
  const child = execFile(
    command,
    args,
    { env, timeout: timeoutMs, maxBuffer: 64 * 1_024 * 1_024 },
    (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = stderr.trim() === '' ? error.message : stderr.trim();
      reject(new Error(`${command} ${args.join(' ')}: ${said}`, { cause: error }));
    },
  );
  if (showErrors) child.stderr?.pipe(process.stderr);
  child.stdin?.end(input);
  return promise;
}
