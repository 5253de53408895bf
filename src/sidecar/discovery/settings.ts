import { setting } from '../../foundation/config/setting.ts';
import { list, pairs, text } from '../../foundation/config/text-types.ts';
import { duration, port } from '../../foundation/config/value-type.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const serviceName = text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a service name');

/** Where services may be, and how often is looked. */
export const DISCOVERY_SETTINGS = {
  discoveryStartPort: setting({
    env: 'DISCOVERY_START_PORT',
    group: 'Discovery',
    describe: 'first port that is scanned for services',
    type: port(),
    default: 50051,
  }),
  discoveryEndPort: setting({
    env: 'DISCOVERY_END_PORT',
    group: 'Discovery',
    describe: 'last port that is scanned, inclusive',
    type: port(),
    default: 50060,
  }),
  discoveryPorts: setting({
    env: 'DISCOVERY_PORTS',
    flag: 'discovery-port',
    group: 'Discovery',
    describe: 'further ports outside of the range',
    type: list(port()),
    default: [],
  }),
  serviceNames: setting({
    env: 'SERVICE_NAMES',
    flag: 'service-name',
    group: 'Discovery',
    describe: 'name of the service at a port, before every other source of a name',
    type: pairs(port(), serviceName, 'port=name, as in 50052=mask-pii'),
    default: {},
  }),
  discoveryIntervalMs: setting({
    env: 'DISCOVERY_INTERVAL',
    group: 'Discovery',
    describe: 'time between scans when nothing changes; faster at first and after a change',
    type: duration({ minMs: 50, maxMs: 60 * MINUTE }),
    default: 10 * SECOND,
  }),
  discoveryProbeTimeoutMs: setting({
    env: 'DISCOVERY_PROBE_TIMEOUT',
    group: 'Discovery',
    describe: 'longest that the probe of one port may take',
    type: duration({ minMs: 10, maxMs: MINUTE }),
    default: 1_700,
  }),
};
