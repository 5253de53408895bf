import { existsSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** What a process has used. Preloading this file (`--import`) lets the bench ask any process of ours for it. */
export interface Usage {
  /** Microseconds of CPU since it started, all threads, garbage collection too. */
  readonly cpuUs: number;
  /** The most memory that it held since it was last asked; where there is no /proc, ever. */
  readonly peakRssBytes: number;
}

/** What may be asked of a probed process; each is answered with a {@link Usage}. */
export type Question =
  | { readonly ask: 'usage' }
  | { readonly ask: 'profile' }
  | { readonly ask: 'profiled'; readonly file: string };

/** True of the messages that {@link Question} is. */
function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'ask' in message;
}

const session = new Session();

/** Has the kernel forget the peak so far (https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html). */
function forgetPeak(): void {
  if (existsSync('/proc/self/clear_refs')) writeFileSync('/proc/self/clear_refs', '5');
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const peakRssBytes = process.resourceUsage().maxRSS * 1_024;
  forgetPeak();
  return { cpuUs: user + system, peakRssBytes };
}

async function answer(question: Question): Promise<Usage> {
  if (question.ask === 'profile') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  } else if (question.ask === 'profiled') {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(question.file, JSON.stringify(profile));
  }
  return usage();
}

process.on('message', (message) => {
  if (isQuestion(message)) void answer(message).then((usage) => process.send?.(usage));
});
// no process outlives the bench, however that ends
process.on('disconnect', () => process.exit(0));
