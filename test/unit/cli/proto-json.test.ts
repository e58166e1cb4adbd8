import { expect, test } from 'vitest';
import {
  ensureOutcomeJson,
  portBindingJson,
  runtimeStatusJson,
  systemInfoJson,
} from '../../../src/cli/proto-json.ts';

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
