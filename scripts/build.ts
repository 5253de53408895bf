/**
 * Writes dist/conveyor-sidecar.cjs, the one file that the image holds: src/main.ts with all that it needs, the
 * protocol's descriptors and the version included. The demo stays out: it needs the repository.
 */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const outfile = join(root, 'dist/conveyor-sidecar.cjs');

/** Modules that the bundle holds in another form than the sources. */
const replaced: Plugin = {
  name: 'replaced',
  setup(builder) {
    // of client-node KubeConfig alone is used, and of that what serves node:https: 3 MB less, and 20 MB of memory
    builder.onResolve({ filter: /^undici$|\/gen\// }, ({ path, importer }) =>
      /client-node\/dist\/[^/]+$/.test(importer) ? { path, namespace: 'unused' } : null,
    );
    builder.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ loader: 'js', contents: UNUSED }));
    // its messages are in English: the other languages are 300 KB
    builder.onResolve({ filter: /locales\/index\.js$/ }, ({ resolveDir, importer }) =>
      importer.includes('/zod/') ? { path: join(resolveDir, '../locales/en.js') } : null,
    );
    builder.onLoad({ filter: /\/package\.json$/ }, ({ path }) =>
      path === join(root, 'package.json')
        ? { loader: 'json', contents: JSON.stringify({ version: packageJson.version }) }
        : null,
    );
    builder.onLoad({ filter: /\/src\/demo\/demo\.ts$/ }, () => ({
      loader: 'ts',
      resolveDir: root,
      contents: NO_DEMO,
    }));
  },
};
const UNUSED = ['Agent', 'ProxyAgent', 'createConfiguration', 'ServerConfiguration', 'of']
  .map((name) => `export function ${name}() { throw new Error('${name} is not in the bundle'); }`)
  .join('\n');
const NO_DEMO = `
import { ConveyorError } from './src/foundation/errors.ts';
export function runDemo() {
  throw new ConveyorError('UNIMPLEMENTED', 'the demo is not in the image: clone the repository and run "make demo"');
}`;

await build({
  entryPoints: [join(root, 'src/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  // not an ES module: of the text of one Node keeps two copies beside V8's own, and importing node:http, as ES modules
  // do, reads all its exports, which loads undici
  format: 'cjs',
  target: 'node24',
  // long, below protobufjs, does its sums in JavaScript where there is none: less memory, and no code made at run time
  define: { WebAssembly: 'undefined', 'import.meta.url': '__url' },
  plugins: [replaced],
  // names stay, so that a stack trace says something; keepNames would cost a call at every closure
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  logLevel: 'warning',
  banner: { js: '#!/usr/bin/env node\nconst __url = require("node:url").pathToFileURL(__filename).href;' },
});
chmodSync(outfile, 0o755);
if (!readFileSync(outfile, 'utf8').includes('SidecarCoordinator'))
  throw new Error('the bundle lacks the protocol');
console.log(`${outfile.replace(`${root}/`, '')}: ${Math.round(statSync(outfile).size / 1_024)} KiB`);
