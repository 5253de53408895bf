import type { Where } from '../../src/injector/injection/decide.ts';
import type { InjectionContext } from '../../src/injector/injection/transform.ts';

/** The value of every hook in these tests. */
export const HOOK_KEY = '0123456789abcdef0123456789abcdef';

/** How pods are injected where a test says nothing else. */
export function context(changes: Partial<InjectionContext> = {}): InjectionContext {
  return {
    defaults: {
      image: 'conveyor-sidecar:dev',
      imagePullPolicy: 'IfNotPresent',
      grpcPort: 9091,
      adminPort: 9191,
      logLevel: 'info',
      cpuRequest: '50m',
      cpuLimit: '',
      memoryRequest: '128Mi',
      memoryLimit: '256Mi',
    },
    version: '1.2.3',
    routerEndpoint: 'conveyor-router.conveyor-system:50052',
    scrape: true,
    native: true,
    newHookKey: () => HOOK_KEY,
    ...changes,
  };
}

/** A namespace that is opted in. */
export function where(changes: Partial<Where> = {}): Where {
  return {
    namespace: 'prod',
    namespaceLabel: 'enabled',
    systemNamespaces: ['kube-system', 'conveyor-system'],
    ...changes,
  };
}
