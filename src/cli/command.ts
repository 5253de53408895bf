import { randomUUID } from 'node:crypto';
import { type Problem, resolveConfig, type Sources } from '../foundation/config/resolve.ts';
import type { ConfigOf, Facts, Schema, Setting } from '../foundation/config/setting.ts';
import type { Io } from './io.ts';

/** The executable's name. */
export const PROGRAM = 'conveyor-sidecar';

/** Exit code of a wrong command line or configuration: EX_USAGE of sysexits.h. */
export const EXIT_USAGE = 64;

/** What a command is run with. */
export interface Invocation<S> {
  readonly config: ConfigOf<S>;
  /** What stands on the command line beside flags. */
  readonly operands: readonly string[];
  /** What the user should know of the configuration, though it does no harm. */
  readonly notes: readonly string[];
  readonly io: Io;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

/** What a command is: its settings are its flags. */
export interface CommandDefinition<S> {
  readonly name: string;
  /** One line of the list of commands. */
  readonly describe: string;
  /** Name of the operands, for help; absent: the command takes none. */
  readonly operands?: string;
  readonly schema: Schema<S>;
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly (readonly [line: string, describe: string])[];
  /** Resolves to the exit code. */
  readonly run: (invocation: Invocation<S>) => Promise<number>;
}

/** A command as the command line sees it. */
export interface Command extends Omit<CommandDefinition<unknown>, 'schema' | 'run'> {
  readonly settings: readonly Setting<unknown>[];
  /** Resolves the configuration and runs; a configuration that is wrong is shown on stderr as a whole. */
  execute(given: Given, io: Io, signal: AbortSignal): Promise<number>;
}

/** What was given on the command line. */
export interface Given {
  readonly flags: Sources['flags'];
  readonly operands: readonly string[];
}

/** What the command line asks for: a command to run, or text to show. */
export type Chosen =
  | { readonly kind: 'command'; readonly command: Command; readonly given: Given }
  | { readonly kind: 'text'; readonly text: string; readonly wrong: boolean };

/** Makes a command of its definition. */
export function defineCommand<S>({ schema, run, ...definition }: CommandDefinition<S>): Command {
  return {
    ...definition,
    settings: Object.values(schema.settings as Readonly<Record<string, Setting<unknown>>>),
    async execute({ flags, operands }, io, signal) {
      const resolved = resolveConfig(schema, { env: io.env, flags, facts: factsOf(io) });
      if (!resolved.ok) {
        io.stderr.write(renderProblems(definition.name, resolved.problems));
        return EXIT_USAGE;
      }
      const { config, notes } = resolved;
      return run({ config, notes, operands, io, signal });
    },
  };
}

function factsOf({ stderr, usage }: Io): Facts {
  const { memoryLimitBytes } = usage;
  return { memoryLimitBytes, terminal: stderr.isTTY === true, uuid: randomUUID() };
}

function renderProblems(command: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'one setting is wrong' : `${problems.length} settings are wrong`;
  const lines = problems.map(({ message }) => `  ${message}`);
  return [
    `${PROGRAM} ${command}: ${count}`,
    ...lines,
    `"${PROGRAM} ${command} --help" lists all settings.`,
    '',
  ].join('\n');
}
