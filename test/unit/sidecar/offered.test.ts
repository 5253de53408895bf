import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LocalService } from '../../../src/sidecar/discovery/tracking/local-service.ts';
import { createOffered, type Offered } from '../../../src/sidecar/offered.ts';

function service(name: string, container: string): LocalService {
  return {
    ...{ name, type: 'sink', endpoint: `127.0.0.1:${name.length}`, port: name.length, container },
    ...{ protoService: 'conveyor.sink.SinkService', maxBatchSize: 0, maxConcurrentBatches: 0 },
    ...{ supportedRecordTypes: [], availableCapacity: 0, descriptorHash: '', methods: [] },
    ...{ health: 'healthy', healthMessage: '' },
  };
}

interface Stand {
  readonly offered: Offered;
  readonly changes: () => number;
  readonly find: (...now: LocalService[]) => void;
}

function stand(...services: LocalService[]): Stand {
  let found: readonly LocalService[] = services;
  let tell: () => void = () => undefined;
  const offered = createOffered({
    services: () => found,
    onChange(listener) {
      tell = listener;
      return () => undefined;
    },
  });
  let changes = 0;
  offered.onChange(() => changes++);
  return {
    offered,
    changes: () => changes,
    find(...now: LocalService[]) {
      found = now;
      tell();
    },
  };
}

const names = (offered: Offered): string[] => offered.services().map(({ name }) => name);
const ofApp = ({ container }: LocalService): string | undefined =>
  container === 'app' ? 'it is not ready' : undefined;

describe('the services on offer', () => {
  it('are those that were found, less those that are held back, as long as they are', () => {
    const { offered, changes } = stand(service('a', 'app'), service('bb', 'other'));
    assert.equal(offered.services(), offered.found());
    offered.withhold('own pod', ofApp);
    assert.deepEqual(names(offered), ['bb']);
    assert.deepEqual(
      offered.withheld().map(({ service: { name }, owner, reason }) => ({ name, owner, reason })),
      [{ name: 'a', owner: 'own pod', reason: 'it is not ready' }],
    );
    assert.equal(changes(), 1);
    offered.withhold('own pod');
    assert.deepEqual(names(offered), ['a', 'bb']);
    assert.equal(changes(), 2);
  });

  it('leave out one that two hold back until both have let it go', () => {
    const { offered } = stand(service('a', 'app'));
    offered.withhold('own pod', ofApp);
    offered.withhold('hook', ofApp);
    offered.withhold('own pod');
    assert.deepEqual(names(offered), []);
    offered.withhold('hook');
    assert.deepEqual(names(offered), ['a']);
  });

  it('are looked at anew when services come, and nobody is told of a rule that changes nothing', () => {
    const { offered, find, changes } = stand();
    offered.withhold('own pod', ofApp);
    offered.withhold('own pod', (each) => ofApp(each));
    assert.equal(changes(), 0);
    find(service('a', 'app'), service('bb', ''));
    assert.deepEqual(names(offered), ['bb']);
    assert.equal(changes(), 1);
    offered.withhold('own pod', (each) => ofApp(each));
    assert.equal(changes(), 1);
  });
});
