import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RuntimeStatus, SystemFacts } from '../../../src/agent/facts.ts';
import {
  ensureOutcomeJson,
  portBindingJson,
  runtimeStatusJson,
  systemInfoJson,
} from '../../../src/agent/facts-json.ts';
import {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { PortBinding } from '../../../src/agent/generated/arcbox/v1/common.ts';

const text = fc.oneof(fc.constant(''), fc.string());
const uint32 = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const uint64 = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));

const system: fc.Arbitrary<SystemFacts> = fc.record({
  ...{ kernelVersion: text, osName: text, osVersion: text, arch: text, hostname: text },
  ...{ totalMemory: uint64, availableMemory: uint64, uptime: uint64, cpuCount: uint32 },
  loadAverage: fc.array(fc.double()),
  ipAddresses: fc.array(text),
  distroInitPending: fc.boolean(),
});
const service = fc.record({ name: text, status: text, detail: text });
const runtime: fc.Arbitrary<RuntimeStatus> = fc.record({
  ...{ containerdReady: fc.boolean(), dockerReady: fc.boolean(), endpoint: text, detail: text },
  services: fc.array(service),
});

test('is the canonical JSON of the ArcBox messages', () => {
  fc.assert(
    fc.property(system, runtime, (facts, status) => {
      expect(systemInfoJson(facts)).toEqual(
        SystemInfo.toJSON({
          ...facts,
          loadAverage: [...facts.loadAverage],
          ipAddresses: [...facts.ipAddresses],
        }),
      );
      expect(runtimeStatusJson(status)).toEqual(
        RuntimeStatusResponse.toJSON({ ...status, services: [...status.services] }),
      );
    }),
  );
  const outcome = fc.record({ ready: fc.boolean(), endpoint: text, message: text, status: text });
  const binding = fc.record({ containerPort: uint32, hostPort: uint32, protocol: text, hostIp: text });
  fc.assert(
    fc.property(outcome, binding, (ensured, published) => {
      expect(ensureOutcomeJson(ensured)).toEqual(RuntimeEnsureResponse.toJSON(ensured));
      expect(portBindingJson(published)).toEqual(PortBinding.toJSON(published));
    }),
  );
});
