import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ConveyorError } from '../foundation/errors.ts';
import type { Program } from './layout.ts';

/** What the demo needs of the process that it runs in. */
export interface Host {
  /** The Node that runs this process. */
  readonly execPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

// anything else, a NAMESPACE say, would configure the sidecars behind the demo's back
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS'];

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

/** The demo's processes, each with a log file of its own. None outlives `stop`. */
export class Processes {
  readonly #host: Host;
  readonly #folder: string;
  readonly #running = new Map<string, Running>();
  readonly #failed = Promise.withResolvers<never>();
  #failedName: string | undefined;
  #stopped = false;
  #anyStarted = false;

  /** @param folder where the log files go: `<name>.log`. */
  constructor(host: Host, folder: string) {
    this.#host = host;
    this.#folder = folder;
    // whoever awaits `failed` sees it; until then it is not an unhandled rejection
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with UNAVAILABLE when a process ends that was not told to. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** The program that `failed` is about. */
  get failedName(): string | undefined {
    return this.#failedName;
  }

  /** Whether there are logs to look at. */
  get anyStarted(): boolean {
    return this.#anyStarted;
  }

  /** Starts a program; its output goes to its log file. */
  start(program: Program): void {
    this.#spawn(program, 'log');
  }

  /** Starts a program that ends by itself, with 0 when all is well; its standard output is the caller's to read. */
  startPiped(program: Program): { readonly stdout: Readable; readonly exited: Promise<unknown> } {
    const { child, exited } = this.#spawn(program, 'pipe');
    if (child.stdout === null) throw new ConveyorError('INTERNAL', `${program.name} has no standard output`);
    return { stdout: child.stdout, exited };
  }

  /** SIGKILL: no warning, no last words. Resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    running.child.kill('SIGKILL');
    await running.exited;
  }

  /** SIGTERM to all, SIGKILL to those that still run after `graceMs`. Nothing can be started any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const { child } of all) child.kill('SIGTERM');
    const force = setTimeout(() => {
      for (const { child } of all) child.kill('SIGKILL');
    }, graceMs);
    await Promise.all(all.map(({ exited }) => exited));
    clearTimeout(force);
  }

  /** The last lines of a program's log. */
  async logTail(name: string, lines = 15): Promise<string> {
    const text = await readFile(this.#logFile(name), 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  #logFile(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  #spawn(program: Program, stdout: 'log' | 'pipe'): Running {
    if (this.#stopped) throw new ConveyorError('CANCELLED', `${program.name} is not started: the demo stops`);
    this.#anyStarted = true;
    const log = openSync(this.#logFile(program.name), 'a');
    const child = spawn(this.#host.execPath, [...program.args], {
      env: { ...this.#inherited(), ...program.env },
      stdio: ['ignore', stdout === 'log' ? log : 'pipe', log],
    });
    closeSync(log);
    // `exit`, not `close`: that would wait for a pipe that nobody may read
    const exited = once(child, 'exit').catch((error: unknown) => this.#fail(program.name, String(error)));
    const running = { child, exited };
    this.#running.set(program.name, running);
    child.once('exit', (code, signal) => {
      if (this.#running.get(program.name) !== running) return;
      this.#running.delete(program.name);
      if (code !== 0 || stdout === 'log')
        this.#fail(program.name, `ended with ${signal ?? `exit code ${code}`}`);
    });
    return running;
  }

  #fail(name: string, reason: string): void {
    this.#failedName ??= name;
    this.#failed.reject(new ConveyorError('UNAVAILABLE', `${name} ${reason}`));
  }

  #inherited(): Record<string, string> {
    return Object.fromEntries(
      INHERITED.flatMap((name) => {
        const value = this.#host.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }
}
