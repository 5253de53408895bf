import type { ConfigOf, Facts, Rule, Schema, Setting } from './setting.ts';

/** Something that is wrong with the configuration. */
export interface Problem {
  /** The variables or flags that it is about, as the user gave them. */
  readonly names: readonly string[];
  /** One line: name, value, what is allowed. */
  readonly message: string;
}

/** Where settings come from. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag without dashes; a flag that was given several times has an array. */
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly facts: Facts;
}

/** A whole config, or everything that is wrong. `notes` are things that the user should know but that do no harm. */
export type Resolved<C> =
  | { readonly ok: true; readonly config: C; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type AnySetting = Setting<unknown>;

/** A setting with what the user gave for it, if anything. */
interface Entry {
  readonly key: string;
  readonly setting: AnySetting;
  readonly given?: { readonly name: string; readonly texts: readonly string[] };
}

const shown = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** A flag wins over the variable; an empty variable is an unset one, as manifests often have it. */
function entryOf(key: string, setting: AnySetting, { env, flags }: Sources): Entry {
  const flag = flags[setting.flag];
  if (flag !== undefined) return { key, setting, given: { name: `--${setting.flag}`, texts: [flag].flat() } };
  const text = setting.env === undefined ? undefined : env[setting.env]?.trim();
  if (setting.env === undefined || text === undefined || text === '') return { key, setting };
  return setting.type.ignored?.(text) === true
    ? { key, setting }
    : { key, setting, given: { name: setting.env, texts: [text] } };
}

function problemOf({ setting, given }: Entry): Problem | undefined {
  if (given === undefined) return undefined;
  const { name, texts } = given;
  if (texts.length > 1 && setting.type.repeatable !== true)
    return { names: [name], message: `${name} was given ${texts.length} times and takes one value` };
  const text = texts.join(',');
  return setting.type.parse(text) === undefined
    ? { names: [name], message: `${name}=${shown(text)} must be ${setting.type.allowed}` }
    : undefined;
}

/** What a default that is a function is called with. */
type DefaultOf = [facts: Facts, above: Readonly<Record<string, unknown>>, given: ReadonlySet<string>];

function valueOf({ setting, given }: Entry, ...of: DefaultOf): unknown {
  if (given !== undefined) return setting.type.parse(given.texts.join(','));
  const value: unknown = setting.default;
  return typeof value === 'function' ? (value as (...of: DefaultOf) => unknown)(...of) : value;
}

/** `GRPC_PORT="9091" (the default)`: an entry as a rule between settings names it. */
function nameAndText({ key, setting, given }: Entry, values: Readonly<Record<string, unknown>>): string {
  if (given !== undefined) return `${given.name}=${shown(given.texts.join(','))}`;
  return `${setting.env ?? `--${setting.flag}`}=${shown(setting.type.format(values[key]))} (the default)`;
}

function brokenRule<S>(rule: Rule<S>, entries: readonly Entry[], values: ConfigOf<S>): Problem | undefined {
  if (!rule.keys.every((key) => key in values)) return undefined;
  const broken = rule.check(values);
  if (broken === undefined) return undefined;
  const about = rule.keys.flatMap((key) => entries.filter((entry) => entry.key === key));
  return {
    names: about.map(({ setting, given }) => given?.name ?? setting.env ?? `--${setting.flag}`),
    message: `${about.map((entry) => nameAndText(entry, values)).join(' and ')}: ${broken}`,
  };
}

function notesOf(entries: readonly Entry[], { env, flags }: Sources): string[] {
  return entries.flatMap(({ setting: { env: name = '', flag, type } }) => {
    const text = env[name] ?? '';
    return flags[flag] === undefined && type.ignored?.(text) === true
      ? [`${name}=${shown(text)} is ignored: Kubernetes set it for a Service of that name`]
      : [];
  });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

/**
 * The config of (env, flags), deeply frozen, or the complete list of what is wrong with it: values by themselves
 * first, then the rules between those that are valid. Pure; never throws.
 */
export function resolveConfig<S>(schema: Schema<S>, sources: Sources): Resolved<ConfigOf<S>> {
  const settings = Object.entries(schema.settings as Readonly<Record<string, AnySetting>>);
  const entries = settings.map(([key, setting]) => entryOf(key, setting, sources));
  const given = new Set(entries.flatMap((entry) => (entry.given === undefined ? [] : [entry.key])));
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const entry of entries) {
    const problem = problemOf(entry);
    if (problem === undefined) values[entry.key] = valueOf(entry, sources.facts, values, given);
    else problems.push(problem);
  }
  const config = values as ConfigOf<S>;
  problems.push(...schema.rules.flatMap((rule) => brokenRule(rule, entries, config) ?? []));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: freeze(config), notes: notesOf(entries, sources) };
}
