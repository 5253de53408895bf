import { text as textStream } from 'node:stream/consumers';
import { ConveyorError } from '../foundation/errors.ts';
import { setting } from '../foundation/config/setting.ts';
import { list, text } from '../foundation/config/text-types.ts';
import { INJECT } from '../injector/settings.ts';
import { defineCommand } from './command.ts';

const FILES = {
  files: setting({
    flag: 'filename',
    alias: 'f',
    group: 'Input',
    describe: 'manifests to inject; - for the standard input',
    type: list(text(/^.+$/s, 'a file')),
    default: [],
  }),
};

/** `conveyor-sidecar inject -f deploy.yaml`: manifests with sidecars to stdout, what there is to know to stderr. */
export const inject = defineCommand({
  name: 'inject',
  describe: 'put the sidecar into manifests, for GitOps',
  schema: { settings: { ...FILES, ...INJECT.settings }, rules: INJECT.rules },
  examples: [
    ['inject -f deploy.yaml | kubectl apply -f -', 'every workload that is not labelled to stay out'],
    ['inject -f - --sidecar-mode container', 'from the standard input, for nodes older than 1.29'],
  ],
  async run({ config, io: { stdin, stdout, stderr, version } }) {
    if (config.files.length === 0)
      throw new ConveyorError('CONFIG_INVALID', 'name the manifests, as in: inject -f deploy.yaml');
    const { injectFiles } = await import('../injector/inject-files.ts');
    const { text: injected, outcomes } = await injectFiles({
      config,
      version,
      files: config.files,
      readStdin: () => textStream(stdin),
    });
    for (const { title, injected: done, message, warnings } of outcomes) {
      stderr.write(`${title}: ${done ? 'injected' : `not injected, ${message}`}\n`);
      for (const warning of warnings) stderr.write(`${title}: warning: ${warning}\n`);
    }
    if (outcomes.length === 0) stderr.write('no workload found\n');
    stdout.write(injected);
    return 0;
  },
});
