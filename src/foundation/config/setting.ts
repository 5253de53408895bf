import type { ValueType } from './value-type.ts';

/** What defaults depend on beside env and flags, gathered at the process edge. */
export interface Facts {
  /** What the kernel lets this process have; undefined without a limit. */
  readonly memoryLimitBytes: number | undefined;
  /** Whether people read what is logged. */
  readonly terminal: boolean;
  /** A new unique id. */
  readonly uuid: string;
}

/** One setting: parsing, `--help` and the documentation are all derived from this. */
export interface Setting<T> {
  /** The environment variable; absent for what only makes sense on a command line. */
  readonly env?: string;
  /** The flag, without dashes. */
  readonly flag: string;
  /** One letter for those who type the flag often. */
  readonly alias?: string;
  /** The heading under which `--help` and the documentation list it. */
  readonly group: string;
  /** What it is for: a phrase, no full stop. */
  readonly describe: string;
  readonly type: ValueType<T>;
  /**
   * The value when nothing is set. A function may look at the facts, at the settings above it in the table, and at
   * which settings of the table the user has set.
   */
  readonly default:
    | NoInfer<T>
    | ((facts: Facts, above: Readonly<Record<string, unknown>>, given: ReadonlySet<string>) => NoInfer<T>);
  /** The default in words, where it is a function or its text says little. */
  readonly defaultText?: string;
}

/** The config that a table of settings resolves to. */
export type ConfigOf<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** A rule between settings. It is asked only when all of its settings are valid by themselves. */
export interface Rule<S> {
  /** The settings that the rule is about: all are named in the problem. */
  readonly keys: readonly (keyof S & string)[];
  /** What must hold, as a sentence, when it does not; undefined when all is well. */
  readonly check: (config: ConfigOf<S>) => string | undefined;
}

/** Everything that is known about a program's configuration. */
export interface Schema<S> {
  readonly settings: S;
  readonly rules: readonly Rule<S>[];
}

/** Declares one setting of the type's values. The flag is the variable's name in lower case with dashes, unless told. */
export function setting<T>(
  definition: Omit<Setting<T>, 'flag' | 'env'> & ({ env: string; flag?: string } | { flag: string }),
): Setting<T> {
  const { env, flag } = definition as { env?: string; flag?: string };
  return { ...definition, flag: flag ?? (env ?? '').toLowerCase().replaceAll('_', '-') };
}

/** Declares a program's configuration. */
export function defineConfig<const S>(settings: S, rules: readonly Rule<NoInfer<S>>[] = []): Schema<S> {
  return { settings, rules };
}

/** The default as people read it; '' for none. */
export function defaultTextOf<T>({ defaultText, default: value, type }: Setting<T>): string {
  if (defaultText !== undefined) return defaultText;
  return typeof value === 'function' ? '' : type.format(value);
}
