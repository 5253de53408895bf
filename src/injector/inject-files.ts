import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConveyorError } from '../foundation/errors.ts';
import { type InjectedText, injectText } from './files/inject-text.ts';
import { transformAgain } from './injection/transform.ts';
import { type InjectConfig, injectionOf, systemNamespacesOf } from './settings.ts';

/** What there is to inject, and how. */
export interface InjectFilesOptions {
  readonly config: InjectConfig;
  /** Of the program that injects. */
  readonly version: string;
  /** Paths; `-` is the standard input. */
  readonly files: readonly string[];
  readonly readStdin: () => Promise<string>;
}

/** What the webhook does, on manifests in files. @throws ConveyorError NOT_FOUND and MALFORMED that name the file. */
export async function injectFiles(options: InjectFilesOptions): Promise<InjectedText> {
  const { config, version, files, readStdin } = options;
  const context = {
    ...injectionOf(config),
    version,
    // there is no cluster to ask: whoever has older nodes says so
    native: config.sidecarMode !== 'container',
    newHookKey,
  };
  const systemNamespaces = systemNamespacesOf({ ...config, excludedNamespaces: [] });
  const results: InjectedText[] = [];
  for (const file of files) {
    const text = await textOf(file, readStdin);
    try {
      results.push(
        injectText(text, (pod, namespace) =>
          transformAgain(pod, { namespace, namespaceLabel: 'enabled', systemNamespaces }, context),
        ),
      );
    } catch (cause) {
      const { code, message } = ConveyorError.from(cause);
      throw new ConveyorError(code, `${file}: ${message}`, { cause });
    }
  }
  return {
    text: results.map(({ text }) => (text.endsWith('\n') ? text : `${text}\n`)).join('---\n'),
    outcomes: results.flatMap(({ outcomes }) => outcomes),
  };
}

/** A value that guards a pod's hooks: 128 random bits. */
export function newHookKey(): string {
  return randomBytes(16).toString('hex');
}

async function textOf(file: string, readStdin: () => Promise<string>): Promise<string> {
  if (file === '-') return readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConveyorError('NOT_FOUND', `cannot read ${file}: ${ConveyorError.from(cause).message}`, {
      cause,
    });
  }
}
