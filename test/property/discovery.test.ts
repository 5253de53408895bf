import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConveyorError } from '../../src/foundation/errors.ts';
import { fileDescriptors } from '../../src/foundation/grpc/definitions.ts';
import { classify, contractPool } from '../../src/sidecar/discovery/contract/classify.ts';
import { decodeFile, descriptorHash, poolOf } from '../../src/sidecar/discovery/contract/descriptors.ts';
import { type Nameable, uniqueNames } from '../../src/sidecar/discovery/contract/names.ts';

const nameable: fc.Arbitrary<Nameable> = fc.record({
  port: fc.integer({ min: 1, max: 3 }),
  type: fc.constantFrom('source', 'transform', 'sink'),
  protoService: fc.constantFrom('a.A', 'a.B', 'b.AService', 'c.C'),
  configured: fc.constantFrom('', '', 'a', 'a-1', 'a-1-sink', 'a-1-sink-a.A'),
  ownId: fc.constantFrom('', 'a', 'b c', 'a-2'),
  portName: fc.constantFrom('', 'grpc', 'a'),
  container: fc.constantFrom('', 'a', 'app'),
});
// a port has one service of a full name
const pod = fc.uniqueArray(nameable, {
  selector: ({ port, protoService }) => `${port} ${protoService}`,
  maxLength: 12,
});

describe('names of a pod', () => {
  it('are unique, and do not depend on who was found first', () => {
    fc.assert(
      fc.property(pod, fc.nat(), (services, turn) => {
        const names = uniqueNames(services);
        assert.equal(new Set(names).size, services.length);
        const turned = services.map((_, index) => services[(index + turn) % services.length]!);
        const byService = new Map(uniqueNames(turned).map((name, index) => [turned[index], name]));
        assert.deepEqual(
          services.map((service) => byService.get(service)),
          names,
        );
      }),
    );
  });
});

describe('descriptors from a hostile server', () => {
  const files = fileDescriptors();
  const hurt = fc
    .record({
      file: fc.nat({ max: files.length - 1 }),
      at: fc.nat(),
      byte: fc.nat({ max: 255 }),
      cut: fc.boolean(),
    })
    .map(({ file, at, byte, cut }) => {
      const bytes = Buffer.from(files[file]!);
      const index = at % bytes.length;
      if (cut) return { file, bytes: bytes.subarray(0, index) };
      bytes[index] = byte;
      return { file, bytes };
    });

  it('decode, or fail as malformed; nothing else, and what decodes can be classified and hashed', () => {
    fc.assert(
      fc.property(hurt, ({ file, bytes }) => {
        try {
          const found = poolOf(files.map((whole, index) => decodeFile(index === file ? bytes : whole)));
          for (const service of found.services.values()) {
            classify(service.name, { contract: contractPool(), found });
            assert.match(descriptorHash(service, found), /^[0-9a-f]{32}$/);
          }
        } catch (error) {
          assert.ok(error instanceof ConveyorError && error.code === 'MALFORMED', String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of random bytes too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          poolOf([decodeFile(bytes)]);
        } catch (error) {
          assert.ok(error instanceof ConveyorError && error.code === 'MALFORMED', String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('hash the same in any order', () => {
    const decoded = files.map(decodeFile);
    const expected = descriptorHash(
      contractPool().services.get('conveyor.sink.SinkService')!,
      contractPool(),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(decoded, { minLength: decoded.length }), (shuffled) => {
        const pool = poolOf(shuffled);
        assert.equal(descriptorHash(pool.services.get('conveyor.sink.SinkService')!, pool), expected);
      }),
      { numRuns: 50 },
    );
  });
});
