import { output } from './processes.ts';

/** The faults that only a cluster of test/cluster can have; a test says `{ skip: faults === undefined }`. */
export interface Faults {
  /** Ends a process of the cluster, e.g. `kube-apiserver`; the signal is TERM unless told. */
  stop(name: string, signal?: 'TERM' | 'KILL'): Promise<void>;
  /** Starts what was stopped. */
  start(name: string): Promise<void>;
  /** SIGKILL to a container's process 1, as the kernel sends it when memory runs out. */
  kill(namespace: string, pod: string, container: string): Promise<void>;
  /** Ends a node at once; not `node1`, which has the control plane. */
  crash(node: string): Promise<void>;
  /** Brings back whatever is not there. */
  up(): Promise<void>;
}

/** Undefined where the cluster is not one of test/cluster. */
export function clusterFaults(): Faults | undefined {
  const cluster = process.env['E2E_CLUSTER'];
  if (cluster === undefined) return undefined;
  const command = async (...args: string[]): Promise<void> => {
    await output(cluster, args);
  };
  return {
    stop: (name, signal = 'TERM') => command('stop', name, signal),
    start: (name) => command('start', name),
    kill: (namespace, pod, container) => command('kill', namespace, pod, container),
    crash: (node) => command('crash', node),
    up: () => command('up'),
  };
}
