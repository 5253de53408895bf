// Who may import whom (docs/architecture.md). Imports of types count as well.
const PROGRAMS = 'sidecar|router|injector|demo';
const ROOMS = 'discovery|own-pod|cluster-client|routing|data-plane|leaving';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'two modules that need each other are one, or miss a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'foundation-stands-alone',
      comment: 'foundation knows nothing of what stands on it',
      severity: 'error',
      from: { path: '^src/foundation/' },
      to: { path: '^src/', pathNot: '^src/foundation/' },
    },
    {
      name: 'programs-share-the-protocol-alone',
      comment: 'the programs never import one another',
      severity: 'error',
      from: { path: `^src/(${PROGRAMS})/` },
      to: { path: `^src/(${PROGRAMS}|cli)/|^src/main\\.ts$`, pathNot: '^src/$1/' },
    },
    {
      name: 'cli-opens-front-doors',
      comment: "a command imports a program's entry files, never its rooms",
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: `^src/(${PROGRAMS})/`,
        pathNot: [
          '^src/(sidecar|router|injector|demo)/(\\1|settings)\\.ts$',
          '^src/sidecar/discover\\.ts$',
          '^src/injector/(inject-files|audit)\\.ts$',
          '^src/router/pipelines/(validate-files|problem)\\.ts$',
        ],
      },
    },
    {
      name: 'main-knows-the-command-line',
      comment: 'main is the process edge: command line and foundation',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(cli|foundation)/' },
    },
    {
      name: 'nobody-imports-main',
      comment: 'main is where it begins',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'rooms-declare-what-they-need',
      comment:
        'a room of the sidecar declares an interface; the composition root joins the two. wire/ is for all',
      severity: 'error',
      from: { path: `^src/sidecar/(${ROOMS})/` },
      // the graph and the shape of a call are data: what a run and a route speak of
      to: { path: '^src/sidecar/', pathNot: '^src/sidecar/(($1|wire)/|routing/(graph|call)\\.ts$)' },
    },
    ...[
      ['data-plane', 'flow', 'door', 'a batch comes in at the door; its flow does not know which'],
      ['discovery', 'contract', 'probe|tracking', 'what a contract says does not depend on how it was read'],
      ['discovery', 'probe', 'tracking', 'one look at a port knows of no other'],
      ['cluster-client', 'messages', 'link|session', 'what is said does not depend on how it is sent'],
      ['cluster-client', 'link', 'session', 'a link lasts for one session, and knows nothing of it'],
    ].map(([room, inner, outer, comment]) => ({
      name: `${room}-${inner}-knows-less`,
      comment,
      severity: 'error',
      from: { path: `^src/sidecar/${room}/${inner}/` },
      to: { path: `^src/sidecar/${room}/(${outer})/` },
    })),
    {
      name: 'wire-is-pure',
      comment: 'bytes in, bytes out: errors are all that it needs',
      severity: 'error',
      from: { path: '^src/sidecar/wire/' },
      to: { pathNot: '^src/sidecar/wire/|^src/foundation/errors\\.ts$|^(node:)?buffer$' },
    },
    {
      name: 'injection-is-pure',
      comment: 'a pod in, a pod out: words of the cluster and of the configuration are all that it needs',
      severity: 'error',
      from: { path: '^src/injector/injection/' },
      to: {
        pathNot:
          '^src/injector/injection/|^src/foundation/(kubernetes/annotations|config/[a-z-]+)\\.ts$|kubernetes-types|^(node:)?crypto$',
      },
    },
    {
      name: 'own-pod-decides-purely',
      comment: 'facts, where to look and what is on offer follow from the pod alone',
      severity: 'error',
      from: { path: '^src/sidecar/own-pod/(facts|services)/' },
      to: {
        pathNot: '^src/sidecar/own-pod/(facts|services)/|^src/foundation/|kubernetes-types|^(node:)?util$',
      },
    },
    {
      name: 'http-behind-the-client',
      comment: 'who speaks to Kubernetes asks for a KubeApi',
      severity: 'error',
      from: { pathNot: '^src/foundation/kubernetes/' },
      to: { path: '^src/foundation/kubernetes/http/' },
    },
    {
      name: 'kubernetes-client-in-one-place',
      comment: 'it costs 50 MB: only foundation/kubernetes loads it, lazily',
      severity: 'error',
      from: { pathNot: '^src/foundation/kubernetes/' },
      to: { path: 'node_modules/@kubernetes/client-node' },
    },
    {
      name: 'no-tools-in-src',
      comment: 'what the image holds is a dependency, not a devDependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/demo/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/foundation/grpc/gen/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      conditionNames: ['node', 'import', 'require', 'default', 'types'],
    },
  },
};
