import { defineConfig, setting } from '../foundation/config/setting.ts';
import { namespaceName, text } from '../foundation/config/text-types.ts';
import type { AuditReport } from '../injector/audit.ts';
import { INJECTOR, systemNamespacesOf } from '../injector/settings.ts';
import { defineCommand } from './command.ts';
import { OUTPUT } from './flags.ts';
import { renderTable } from './table.ts';

const { systemNamespace, excludedNamespaces, kubeconfigFile } = INJECTOR.settings;

/** `conveyor-sidecar audit`: exit code 1 when a pod lacks its sidecar, or has an old or changed one. */
export const audit = defineCommand({
  name: 'audit',
  describe: 'list pods that lack the sidecar they asked for, or have an old or changed one',
  schema: defineConfig({
    namespace: setting({
      flag: 'namespace',
      group: 'Kubernetes',
      describe: 'only pods of this namespace',
      type: namespaceName,
      default: '',
      defaultText: 'all',
    }),
    kubeconfigFile,
    systemNamespace: setting({ ...systemNamespace, env: 'SYSTEM_NAMESPACE' }),
    excludedNamespaces,
    sidecarImage: setting({
      env: 'SIDECAR_IMAGE',
      group: 'Sidecar',
      describe: 'image that sidecars should have',
      type: text(/^\S+$/, 'the name of an image'),
      default: '',
      defaultText: 'not compared',
    }),
    ...OUTPUT,
  }),
  examples: [
    ['audit --kubeconfig ~/.kube/config', 'all namespaces'],
    [
      'audit --namespace prod --output json',
      'one, for programs; in the pod of an injector without a kubeconfig',
    ],
  ],
  async run({ config, io: { stdout, version }, signal }) {
    const { audit: look } = await import('../injector/audit.ts');
    const systemNamespaces = systemNamespacesOf(config);
    const report = await look({ ...config, systemNamespaces, version, image: config.sidecarImage }, signal);
    stdout.write(config.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : render(report));
    return report.ok ? 0 : 1;
  },
});

function render({ findings, pods, injected }: AuditReport): string {
  const rows = findings.map(({ namespace, pod, owner, state, reason, message }) => [
    ...[namespace, pod, owner],
    ...[state, reason, message],
  ]);
  const table = renderTable(['namespace', 'pod', 'owner', 'state', 'reason', 'what to know'], rows);
  return `${findings.length === 0 ? '' : `${table}\n`}${pods} pods, ${injected} with a sidecar, ${findings.length} found\n`;
}
