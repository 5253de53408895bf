import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { buildSync } from 'esbuild';
import type { Question, Usage } from './probe.ts';

/** A process of the bench. */
export interface Probed<Ready> {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Ready;
  ask(question: Question): Promise<Usage>;
  stop(): Promise<void>;
}

const BUILT = 'dist/bench';
const PROBE = 'probe';

/** Bundles programs of this folder, and the probe: type stripping would be most of the memory that they hold. */
export function buildPrograms(names: readonly string[]): void {
  buildSync({
    entryPoints: [PROBE, ...names].map((name) => `${import.meta.dirname}/${name}.ts`),
    outdir: BUILT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
}

const fileOf = (name: string): string => `${process.cwd()}/${BUILT}/${name}.mjs`;

function messageOf<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => reject(new Error(`${name} ended with ${code}`));
    child.once('exit', exited);
    child.once('message', (message) => {
      child.off('exit', exited);
      resolve(message as T);
    });
  });
}

/** Starts a program that was built, with the probe in it and Node's flags of this process. Resolves when it is ready. */
export async function startProbed<Ready>(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Probed<Ready>> {
  const child = fork(fileOf(name), args, {
    execArgv: [...process.execArgv, '--import', fileOf(PROBE)],
    env: { ...process.env, ...env },
  });
  const ready = await messageOf<Ready>(child, name);
  return {
    pid: child.pid ?? 0,
    ready,
    ask(question) {
      const answer = messageOf<Usage>(child, name);
      child.send(question);
      return answer;
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
