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

test('facts are printed as the canonical JSON of their messages: big numbers as text, defaults left out', () => {
  expect(
    systemInfoJson({
      ...{ kernelVersion: '6.1.0', osName: '', osVersion: '', arch: 'x86_64', hostname: '' },
      ...{ totalMemory: 2n ** 60n, availableMemory: 0n, cpuCount: 4, uptime: 5n },
      ...{ loadAverage: [0.5, NaN], ipAddresses: ['10.0.0.2'], distroInitPending: true },
    }),
  ).toEqual({
    kernelVersion: '6.1.0',
    arch: 'x86_64',
    totalMemory: '1152921504606846976',
    cpuCount: 4,
    loadAverage: [0.5, 'NaN'],
    uptime: '5',
    ipAddresses: ['10.0.0.2'],
    distroInitPending: true,
  });
  expect(
    runtimeStatusJson({
      ...{ containerdReady: true, dockerReady: false, endpoint: '', detail: 'waiting' },
      services: [{ name: 'dockerd', status: 'not_ready', detail: '' }],
    }),
  ).toEqual({
    containerdReady: true,
    detail: 'waiting',
    services: [{ name: 'dockerd', status: 'not_ready' }],
  });
  expect(ensureOutcomeJson({ ready: false, endpoint: '', message: 'no', status: 'failed' })).toEqual({
    message: 'no',
    status: 'failed',
  });
  expect(portBindingJson({ containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '' })).toEqual({
    containerPort: 80,
    hostPort: 8080,
    protocol: 'tcp',
  });
});
