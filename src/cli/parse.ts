import yargs, { type Argv, type Options } from 'yargs';
import { defaultTextOf, type Setting } from '../foundation/config/setting.ts';
import { type Chosen, type Command, type Given, PROGRAM } from './command.ts';
import type { Io } from './io.ts';

const COMPLETIONS = '--get-yargs-completions';

/** yargs only parses, helps and completes: values come from the tables of settings. */
export async function parse(args: readonly string[], commands: readonly Command[], io: Io): Promise<Chosen> {
  let chosen: Chosen | undefined;
  const completing = args[0] === COMPLETIONS;
  const parser = commands.reduce(
    (all, command) =>
      all.command({
        command: commandLine(command),
        describe: command.describe,
        builder: (own: Argv) => withSettings(own, command, completing),
        handler: (parsed) => {
          chosen = { kind: 'command', command, given: givenOf(parsed, command) };
        },
      }),
    baseParser(io),
  );
  let text = '';
  let wrong = false;
  const take = (error: Error | null | undefined, _parsed: unknown, output: string): void => {
    wrong = error !== null && error !== undefined;
    text = wrong ? mistake(output, args) : output;
  };
  await parser.parseAsync(withDefaultCommand(args), {}, take);
  return text === '' && chosen !== undefined ? chosen : { kind: 'text', text: withoutTypes(text), wrong };
}

function mistake(output: string, [first = '']: readonly string[]): string {
  const unknown = output.startsWith('Did you mean') ? `Unknown command: ${first}. ` : '';
  return `${PROGRAM}: ${unknown}${output}\n"${PROGRAM} --help" lists commands, "${PROGRAM} COMMAND --help" their flags.`;
}

/** Flags alone are those of `run`. */
function withDefaultCommand(args: readonly string[]): string[] {
  const [first] = args;
  const own = ['--help', '-h', '--version', COMPLETIONS];
  return first === undefined || (first.startsWith('-') && !own.includes(first))
    ? ['run', ...args]
    : [...args];
}

/** What yargs says of a flag's type is noise: the description says what is allowed. */
const withoutTypes = (text: string): string =>
  text.replaceAll(/ *\[(string|boolean)\]$/gm, '').replaceAll('[string] ', ' '.repeat(9));

function baseParser({ version, stdout }: Io): Argv {
  return yargs()
    .scriptName(PROGRAM)
    .usage('$0 [command]\n\nRoutes records between the stages of data pipelines from inside each pod.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .detectLocale(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .demandCommand(1, '')
    .strict()
    .recommendCommands()
    .completion('completion', 'print a completion script for bash or zsh')
    .version(version)
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], 'Other:')
    .wrap(Math.min(stdout.columns ?? 100, 120))
    .epilogue('Exit codes: 0 done, 1 failed, 64 wrong command line or configuration.');
}

const commandLine = ({ name, operands }: Command): string =>
  operands === undefined ? name : `${name} [${operands}..]`;

function withSettings(parser: Argv, command: Command, completing: boolean): Argv {
  const { settings, examples, describe } = command;
  parser.usage(`$0 ${commandLine(command)}\n\n${describe.charAt(0).toUpperCase()}${describe.slice(1)}.`);
  for (const setting of settings) parser.option(setting.flag, optionOf(setting, completing));
  for (const [line, what] of examples) parser.example(`$0 ${line}`.trim(), what);
  return parser;
}

function optionOf(setting: Setting<unknown>, completing: boolean): Options {
  const { env, alias, group, describe, type } = setting;
  const text = defaultTextOf(setting);
  return {
    group: `${group}:`,
    ...(alias === undefined ? {} : { alias }),
    describe: env === undefined ? describe : `${describe} [$${env}]`,
    ...(type.toggle === true ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
    // what is allowed is checked with everything else, so that all mistakes are shown at once
    ...(completing && type.choices !== undefined ? { choices: type.choices } : {}),
    ...(text === '' || type.toggle === true ? {} : { defaultDescription: text }),
  };
}

function givenOf(parsed: Readonly<Record<string, unknown>>, { settings, operands }: Command): Given {
  const flags = settings.flatMap(({ flag }) => {
    const value = parsed[flag];
    return value === undefined ? [] : [[flag, [value].flat().map(String)] as const];
  });
  const named = operands === undefined ? [] : [parsed[operands] ?? []].flat();
  return { flags: Object.fromEntries(flags), operands: named.map(String) };
}
