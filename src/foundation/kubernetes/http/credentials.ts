import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { ConveyorError } from '../../errors.ts';

/** Where the API is, and what a request to it needs. */
export interface Credentials {
  readonly server: URL;
  /**
   * TLS and authorization, read anew where they rotate: the CA at each request, a token file after a minute at most.
   * @throws FAILED_PRECONDITION when there is nothing to show.
   */
  options(): Promise<RequestOptions>;
  /** They were refused: read all of them anew the next time. */
  refused(): void;
  /** The proxy that the kubeconfig names. */
  proxy(options: RequestOptions): Agent | undefined;
}

async function load(kubeconfig: string | undefined): Promise<KubeConfig> {
  // 25 MB that nobody pays who does not speak to Kubernetes; index.js would load 20 MB more
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('no cluster in the current context');
    // in no pod, client-node makes the address of variables that are not there
    if (server.includes('//undefined')) throw new Error(NO_POD);
    if (!URL.canParse(server)) throw new Error(`no address of a cluster: ${server}`);
    return config;
  } catch (error) {
    const from = kubeconfig ?? 'the service account of the pod';
    const { message } = ConveyorError.from(error);
    throw new ConveyorError('CONFIG_INVALID', `no access to Kubernetes by ${from}: ${message}`, {
      cause: error,
    });
  }
}

const NO_POD = 'this runs in no pod; name a kubeconfig with --kubeconfig or KUBECONFIG_FILE';

/** Reads a kubeconfig, or without one what a pod's service account has. @throws CONFIG_INVALID. */
export async function loadCredentials(kubeconfig?: string): Promise<Credentials> {
  let config: KubeConfig | undefined = await load(kubeconfig);
  const server = new URL(config.getCurrentCluster()?.server ?? '');
  const proxied = config.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    server,
    async options() {
      config ??= await load(kubeconfig);
      const options: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(options);
      } catch (error) {
        throw new ConveyorError('FAILED_PRECONDITION', `no credentials for Kubernetes: ${String(error)}`, {
          cause: error,
        });
      }
      return options;
    },
    refused() {
      config = undefined;
    },
    proxy: ({ agent }) => (proxied && typeof agent === 'object' ? agent : undefined),
  };
}
