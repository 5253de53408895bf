import { inspect } from 'node:util';
import { ConveyorError } from '../foundation/errors.ts';
import { audit } from './audit.ts';
import { type Chosen, type Command, EXIT_USAGE, PROGRAM } from './command.ts';
import { demo } from './demo.ts';
import { discover } from './discover.ts';
import { drain } from './drain.ts';
import { inject } from './inject.ts';
import { injector } from './injector.ts';
import type { Io } from './io.ts';
import { router } from './router.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { validate } from './validate.ts';
import { version } from './version.ts';

const COMMANDS: readonly Command[] = [
  run,
  router,
  injector,
  inject,
  audit,
  demo,
  discover,
  validate,
  status,
  drain,
  version,
];

/**
 * The command line: resolves to the exit code. Errors are told to the user in a line; with `--log-level debug` (or
 * LOG_LEVEL) with their stack and causes.
 */
export async function runCli(args: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  const chosen = await choose(args, io);
  if (chosen.kind === 'text') {
    (chosen.wrong ? io.stderr : io.stdout).write(`${chosen.text}\n`);
    return chosen.wrong ? EXIT_USAGE : 0;
  }
  const { command, given } = chosen;
  try {
    return await command.execute(given, io, signal);
  } catch (thrown) {
    const error = ConveyorError.from(thrown);
    io.stderr.write(`${PROGRAM} ${command.name}: ${error.message}\n`);
    if ((given.flags['log-level'] ?? io.env['LOG_LEVEL']) === 'debug') io.stderr.write(`${inspect(error)}\n`);
    return error.code === 'CONFIG_INVALID' ? EXIT_USAGE : 1;
  }
}

/** A command without flags, as a container has it, needs no parser: without yargs a sidecar is 8 MB smaller. */
async function choose(args: readonly string[], io: Io): Promise<Chosen> {
  const [name = run.name, ...others] = args;
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined && others.length === 0)
    return { kind: 'command', command, given: { flags: {}, operands: [] } };
  const { parse } = await import('./parse.ts');
  return parse(args, COMMANDS, io);
}
