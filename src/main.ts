import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { runCli } from './cli/cli.ts';
import type { Io } from './cli/io.ts';
import { cgroupMemoryLimit } from './foundation/config/cgroup.ts';
import { setUpHttp2 } from './foundation/grpc/http2.ts';
import { fitHeap } from './foundation/lifecycle/heap.ts';
import { createLogger } from './foundation/telemetry/create-logger.ts';

fitHeap();
setUpHttp2();

// 128 plus the signal's number, as a shell reports a process that a signal ended
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;

const io: Io = {
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  execPath: process.execPath,
  version: packageJson.version,
  nodeVersion: process.version,
  usage: {
    cpuMicros: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    rssBytes: () => process.memoryUsage.rss(),
    memoryLimitBytes: cgroupMemoryLimit((path) => readFileSync(path, 'utf8')),
    totalMemoryBytes: totalmem(),
  },
};

/** The first signal asks the command to end, a second one ends the process at once. */
function signals(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(EXIT_CODES[name]);
      ending.abort(new Error(name));
    });
  }
  return ending.signal;
}

function dieOf(error: unknown, origin: string): void {
  const format = process.stderr.isTTY ? 'pretty' : 'json';
  createLogger({ level: 'error', format, write: (line) => process.stderr.write(line) }).error(origin, {
    error,
  });
  process.exit(1);
}

process.on('uncaughtException', dieOf);
// a reader that went away, as in `conveyor-sidecar status | head -1`, is no fault
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  error.code === 'EPIPE' ? process.exit(0) : dieOf(error, 'stdout failed'),
);
// nobody reads the log any more: that is no reason to drop records
process.stderr.on('error', () => undefined);

// no await: the bundle is CommonJS, which has none at its top
void runCli(process.argv.slice(2), io, signals()).then((code) => process.exit(code));
