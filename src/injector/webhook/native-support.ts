import type { Node } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { NODES } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { createOutage } from '../../foundation/telemetry/outage.ts';

/** What is known of the cluster's versions. */
export interface NativeSupport extends Component {
  /** Whether the API server and every node run native sidecars; undefined: not known. */
  supported(): boolean | undefined;
}

/** What it takes to ask. */
export interface NativeSupportOptions {
  readonly api: Pick<KubeApi, 'version' | 'pages'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe: (supported: boolean | undefined) => void;
}

const HOUR_MS = 3_600_000;
const RETRY_MS = 30_000;
// where the feature SidecarContainers is on unless told (Kubernetes 1.29)
const FIRST_MINOR = 29;

/** Whether a version, `v1.29.3-eks-1234`, runs native sidecars; what cannot be read does not. */
export function runsNativeSidecars(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= FIRST_MINOR);
}

/**
 * Asks at the start and hourly. What was known stays while it cannot be asked; it is asked again soon after. A node
 * that is older and joins within the hour is seen late: keep such nodes out, or set the mode.
 */
export function createNativeSupport(options: NativeSupportOptions): NativeSupport {
  const { clock, logger, observe } = options;
  let known: boolean | undefined;
  let failing = false;
  const outage = createOutage(
    { logger, clock },
    {
      failed: 'cannot tell whether native sidecars run here',
      over: 'can tell again whether native sidecars run here',
    },
  );
  let loop: Loop | undefined;
  const ask = async (signal: AbortSignal): Promise<void> => {
    const old = await oldVersions(options, signal);
    const supported = old.length === 0;
    if (supported !== known)
      logger.info('asked whether native sidecars run here', { supported, old: old.slice(0, 5) });
    known = supported;
    failing = false;
    outage.over();
    observe(known);
  };
  const failed = (thrown: unknown): void => {
    outage.failed(ConveyorError.from(thrown), { known });
    failing = true;
  };
  return {
    name: 'native support',
    supported: () => known,
    async start(signal) {
      // the first pod is injected by what is known, so this is awaited; without an answer pods get plain containers
      await ask(signal).catch(failed);
      loop = startLoop({
        clock,
        async tick(stopping) {
          await clock.sleep(failing ? RETRY_MS : HOUR_MS, stopping);
          await ask(stopping);
          return 0;
        },
        onError(error) {
          failed(error);
          return 0;
        },
      });
    },
    async stop() {
      await loop?.stop();
    },
  };
}

async function oldVersions({ api }: NativeSupportOptions, signal: AbortSignal): Promise<string[]> {
  const { gitVersion } = await api.version(signal);
  const versions = [gitVersion];
  for await (const { items } of api.pages<Node>(NODES, {}, signal))
    versions.push(...items.map(({ status }) => status?.nodeInfo?.kubeletVersion ?? ''));
  return [...new Set(versions.filter((version) => !runsNativeSidecars(version)))];
}
