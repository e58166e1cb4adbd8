import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { connectAgent } from '../../../src/agent/connect.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Turnstile } from '../../../src/base/turnstile.ts';
import { startGuestAgent } from '../../../src/guest/agent.ts';
import { readConfiguredSandboxes } from '../../../src/sandboxes/sources/settings.ts';
import { connectionError } from '../../../src/sandboxes/model/connection.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxMonitor } from '../../../src/sandboxes/watch/sandbox-monitor.ts';
import { hasOpenssl, TestAuthority } from '../../support/certificates.ts';
import { tempDir } from '../../support/temp-dir.ts';

const patientMs = 8000;
const entry = { name: 'vm', endpoint: 'arcbox+tls://127.0.0.1:7443' };

test.each([
  ['ca.pem', /^Entry 1 of sandlight\.sandboxes: the tls of vm must be an object/],
  [{ caFile: 'ca.pem' }, /absolute paths/],
  [{ certFile: '/me.crt' }, /certFile and keyFile together/],
  [{ serverName: '' }, /serverName that is no name/],
])('a tls of %j is a problem that says what to correct', (tls, sentence) => {
  const { specs, problems } = readConfiguredSandboxes([{ ...entry, tls }]);
  expect(specs).toEqual([]);
  expect(problems).toEqual([expect.stringMatching(sentence)]);
});

describe.skipIf(!hasOpenssl)('a sandbox behind mutual TLS (needs openssl to make certificates)', () => {
  const directory = tempDir();
  const authority = new TestAuthority(directory);
  const client = authority.issue('client.test');
  const files = {
    caFile: join(directory, 'ca.pem'),
    certFile: join(directory, 'me.pem'),
    keyFile: join(directory, 'me.key'),
    serverName: 'agent.test',
  };

  /** A monitor of an agent whose certificate bears another name than its address. */
  async function watchAgent(): Promise<SandboxMonitor> {
    writeFileSync(files.caFile, authority.cert);
    writeFileSync(files.certFile, client.cert);
    writeFileSync(files.keyFile, client.key);
    const agent = await startGuestAgent({
      listen: [{ protocol: 'arcbox', transport: { kind: 'tls', host: '127.0.0.1', port: 0 } }],
      tls: { ...authority.issue('agent.test'), ca: authority.cert },
      dockerSocket: join(directory, 'no-docker.sock'),
      containerdSocket: join(directory, 'no-containerd.sock'),
      stateDir: join(directory, 'state'),
      allowClockSet: false,
      version: '1.2.3',
      logger: silentLogger,
    });
    onTestFinished(() => agent.close());
    const { specs } = readConfiguredSandboxes([{ ...entry, endpoint: agent.listening[0], tls: files }]);
    const turnstile = new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 });
    const monitor = new SandboxMonitor(specs[0]!, {
      connect: connectAgent,
      logger: silentLogger,
      calls: new CallLog(),
      attempts: turnstile,
      polls: turnstile,
      onChange: () => undefined,
    });
    onTestFinished(() => {
      monitor.dispose();
    });
    return monitor;
  }

  it('is reached with the certificates that its entry names', async () => {
    const monitor = await watchAgent();
    monitor.connect();
    await vi.waitFor(() => {
      expect(monitor.snapshot.agent).toMatchObject({ version: '1.2.3' });
    }, patientMs);
  });

  it('tells which file is missing, and connects once it is there', async () => {
    const monitor = await watchAgent();
    rmSync(files.keyFile);
    monitor.connect();
    await vi.waitFor(() => {
      const message = connectionError(monitor.snapshot.connection)?.message;
      expect(message).toMatch(/^arcbox\+tls:.*The key for TLS cannot be read \(.*me\.key.*Correct its path/);
    }, patientMs);
    writeFileSync(files.keyFile, client.key);
    monitor.connect();
    await vi.waitFor(() => {
      expect(monitor.snapshot.agent).toMatchObject({ version: '1.2.3' });
    }, patientMs);
  });
});
