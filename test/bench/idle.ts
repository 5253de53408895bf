import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { imageEnv } from './image-env.ts';

const BUNDLE = 'dist/conveyor-sidecar.cjs';
/** How long the bundle is left alone before it is looked at. */
const SETTLE_MS = 10_000;

/** Memory of a process that has nothing of the bench in it. */
async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}

/** Bytes that the bundle holds with nothing to do. Undefined where it was not built, or where there is no /proc. */
export async function idleRss(): Promise<number | undefined> {
  if (!existsSync(BUNDLE) || process.platform !== 'linux') return undefined;
  const args = ['run', '--grpc-port', '0', '--admin-port', '0', '--cluster-endpoint', 'localhost:1'];
  const env = { ...process.env, ...imageEnv() };
  const bundle = spawn(process.execPath, [BUNDLE, ...args], { stdio: 'ignore', env });
  const ended = once(bundle, 'exit');
  await Promise.race([delay(SETTLE_MS), ended]);
  if (bundle.exitCode !== null) throw new Error(`${BUNDLE} ended with ${bundle.exitCode}`);
  const bytes = await rssOf(bundle.pid ?? 0);
  bundle.kill('SIGKILL');
  await ended;
  return bytes;
}
