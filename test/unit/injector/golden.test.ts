import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { injectText } from '../../../src/injector/files/inject-text.ts';
import { transformAgain } from '../../../src/injector/injection/transform.ts';
import { context, where } from '../../support/injection.ts';

const FOLDER = join(import.meta.dirname, '../../testdata/injector');
const cases = readdirSync(FOLDER).flatMap((file) => /^(.+)\.in\.yaml$/.exec(file)?.[1] ?? []);

/** The manifests as they come out, below what there is to say of each workload. */
function inject(text: string): string {
  const native = /^# native: unknown$/m.test(text) ? undefined : true;
  const { text: injected, outcomes } = injectText(text, (pod, namespace) =>
    transformAgain(pod, where({ namespace }), context({ native })),
  );
  const said = outcomes.flatMap(({ title, injected: done, message, warnings }) => [
    `# ${title}: ${done ? 'injected' : `not injected, ${message}`}`,
    ...warnings.map((warning) => `#   warning: ${warning}`),
  ]);
  return `${said.join('\n')}\n---\n${injected}`;
}

// UPDATE_GOLDEN=1 writes them: read the diff before it is committed
describe('an injection', () => {
  for (const name of cases) {
    it(`turns ${name}.in.yaml into ${name}.out.yaml`, () => {
      const input = readFileSync(join(FOLDER, `${name}.in.yaml`), 'utf8');
      const golden = join(FOLDER, `${name}.out.yaml`);
      const output = inject(input);
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, output);
      assert.equal(output, readFileSync(golden, 'utf8'));
    });

    it(`changes nothing of ${name} the second time`, () => {
      const input = readFileSync(join(FOLDER, `${name}.in.yaml`), 'utf8');
      const once = injectText(input, (pod, namespace) =>
        transformAgain(pod, where({ namespace }), context()),
      );
      const twice = injectText(once.text, (pod, namespace) =>
        transformAgain(pod, where({ namespace }), context({ newHookKey: () => 'f'.repeat(32) })),
      );
      assert.equal(twice.text, once.text);
    });
  }
});
