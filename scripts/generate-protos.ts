/**
 * Writes src/foundation/grpc/gen: the TypeScript types of proto/, and protos.json, which the bundle holds:
 * `definitions` for encoding and decoding, `files` (base64 FileDescriptorProtos) for reflection. A folder as argument
 * is written instead, to compare.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const root = join(import.meta.dirname, '..');
const out = process.argv[2] ?? join(root, 'src/foundation/grpc/gen');
const files = globSync('**/*.proto', { cwd: join(root, 'proto') }).sort();

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(
  join(root, 'node_modules/.bin/proto-loader-gen-types'),
  [
    ...['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--importFileExtension=.ts'],
    ...['--grpcLib=@grpc/grpc-js', '--includeDirs', join(root, 'proto'), '--outDir', out],
    ...files,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
// the tool's per-file roll-ups serve a loader that we do not use, and its headers hold the path of the machine
for (const file of globSync('*.ts', { cwd: out })) rmSync(join(out, file));
for (const file of globSync('**/*.ts', { cwd: out })) {
  const path = join(out, file);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(
      /^\/\/ Original file: .*$/gm,
      '// Generated from proto/ by `make generate`.',
    ),
  );
}
const loaded = new protobuf.Root();
loaded.resolvePath = (_origin, target) =>
  target.startsWith('google/') ? target : join(root, 'proto', target.replace(`${join(root, 'proto')}/`, ''));
loaded.loadSync(files);

const image = execFileSync(
  join(root, 'node_modules/.bin/buf'),
  ['build', '--exclude-source-info', '-o', '-'],
  { cwd: root },
);
const descriptors = descriptor.FileDescriptorSet.decode(image) as unknown as { file: protobuf.Message[] };
const protos = {
  definitions: loaded.toJSON(),
  files: descriptors.file.map((file) =>
    Buffer.from(descriptor.FileDescriptorProto.encode(file).finish()).toString('base64'),
  ),
};
writeFileSync(join(out, 'protos.json'), `${JSON.stringify(protos, null, 1)}\n`);
