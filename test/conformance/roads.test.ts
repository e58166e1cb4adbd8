import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectAgent } from '../../src/agent/connect.ts';
import { parseEndpoint, type Protocol, type TransportAddress } from '../../src/agent/endpoint.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { capabilitiesOf, facetOf, type AgentSession } from '../../src/agent/session.ts';
import type { TlsSettings } from '../../src/agent/transport/tls.ts';
import { startGuestAgent, type GuestAgent } from '../../src/guest/agent.ts';
import { hasOpenssl, TestAuthority } from '../support/certificates.ts';
import { hybridVsockServer } from '../support/hybrid-vsock.ts';
import { matching } from '../support/matching.ts';
import { tempDir } from '../support/temp-dir.ts';

// The same calls over every wire on every transport, against the reference agent.

const wires = ['arcbox', 'arcbox-ttrpc', 'arcbox-grpc'] as const satisfies readonly Protocol[];
const transports = ['unix', 'tcp', 'tls', 'hvsock', 'vsock', 'exec'] as const;
const guestPort = 1024;

const directory = tempDir();
const authority = hasOpenssl ? new TestAuthority(directory) : undefined;
const serverTls = authority && { ...authority.issue('127.0.0.1'), ca: authority.cert };
const clientTls: TlsSettings = {
  ...(authority && { ca: authority.cert, ...authority.issue('client.test') }),
};

/** The command line, bundled beside its packages. */
const cliFile = resolve('out/roads/cli.mjs');
const dockerSocket = join(directory, 'docker.sock');
const socketOf = (wire: string): string => join(directory, `${wire}.sock`);
const vsockOf = (wire: string): string => join(directory, `${wire}.vsock`);
const multiplexers: Server[] = [];
let agent: GuestAgent;

beforeAll(async () => {
  await build({
    entryPoints: ['src/cli/main.ts'],
    outfile: cliFile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  agent = await startGuestAgent({
    listen: wires.flatMap((protocol) => [
      { protocol, transport: { kind: 'unix', path: socketOf(protocol) } },
      { protocol, transport: { kind: 'tcp', host: '127.0.0.1', port: 0 } },
      ...(serverTls ? [{ protocol, transport: { kind: 'tls', host: '127.0.0.1', port: 0 } as const }] : []),
    ]),
    ...(serverTls && { tls: serverTls }),
    dockerSocket,
    containerdSocket: join(directory, 'containerd.sock'),
    stateDir: join(directory, 'state'),
    allowClockSet: false,
    version: '9.8.7',
    logger: silentLogger,
  });
  for (const wire of wires) {
    const multiplexer = hybridVsockServer(guestPort, socketOf(wire));
    multiplexers.push(multiplexer);
    await new Promise<void>((listening) => multiplexer.listen(vsockOf(wire), listening));
  }
});

afterAll(async () => {
  for (const multiplexer of multiplexers) multiplexer.close();
  await agent.close();
});

/** The address of the agent for one wire and transport. */
function addressOf(wire: Protocol, kind: (typeof transports)[number]): TransportAddress {
  switch (kind) {
    case 'unix':
      return { kind, path: socketOf(wire) };
    case 'hvsock':
      return { kind, path: vsockOf(wire), port: guestPort };
    case 'vsock':
      return { kind, cid: 3, port: guestPort };
    case 'exec': {
      const argv = [
        process.execPath,
        cliFile,
        'agent',
        '--stdio',
        '--protocol',
        wire,
        '--docker',
        dockerSocket,
      ];
      return { kind, argv: argv as [string, ...string[]] };
    }
    case 'tcp':
    case 'tls': {
      const text = agent.listening.find((endpoint) => endpoint.startsWith(`${wire}+${kind}:`));
      return parseEndpoint(text ?? '').transport;
    }
  }
}

function open(wire: Protocol, kind: (typeof transports)[number], tls = clientTls): Promise<AgentSession> {
  // Imitates socat's VSOCK-CONNECT, which needs a guest: joins standard input and output to a socket.
  const join =
    'const s = require("net").connect(process.argv[1]); process.stdin.pipe(s).pipe(process.stdout)';
  return connectAgent(
    { protocol: wire, transport: addressOf(wire, kind) },
    {
      timeoutMs: 20_000,
      logger: silentLogger,
      tls,
      vsockHelper: [process.execPath, '-e', join, socketOf(wire)],
    },
  );
}

for (const wire of wires) {
  for (const transport of transports) {
    describe.skipIf(transport === 'tls' && !hasOpenssl)(`${wire} over ${transport}`, () => {
      let session: AgentSession;
      const call = { timeoutMs: 20_000 };

      beforeAll(async () => {
        session = await open(wire, transport);
      });

      it('tells what it offers, and with the first answer that it tells ports and its clock', async () => {
        expect(capabilitiesOf(session)).toEqual(
          new Set(['system_info', 'runtime_status', 'ensure_runtime', 'sync_clock']),
        );
        expect(session.absent.ports).toMatch(/first answer/);
        await session.ping(call);
        expect([...capabilitiesOf(session)]).toEqual(
          expect.arrayContaining(['clock_report', 'port_notifications']),
        );
        expect(session.absent.ports).toBeUndefined();
      });

      afterAll(() => {
        session.close();
      });

      it('answers ping, system info and runtime status, many at once', async () => {
        const [pong, info, status, ...pongs] = await Promise.all([
          session.ping(call),
          facetOf(session, 'system').read(call),
          facetOf(session, 'runtime').status(call),
          ...Array.from({ length: 20 }, () => session.ping(call)),
        ]);
        expect(pong.message).toBe('pong: ping');
        expect(info.osName).toBe('Linux');
        expect(status.services.map(({ name }) => name)).toContain('dockerd');
        expect(pongs.every(({ message }) => message === 'pong: ping')).toBe(true);
      });

      it('refuses to have its clock set', async () => {
        await expect(
          facetOf(session, 'clock').sync({ ...call, unixNanos: 1_700_000_000_000_000_000n }),
        ).rejects.toMatchObject({
          code: 'not_permitted',
        });
      });

      it('tells its ports to who asks', async () => {
        const stream = await facetOf(session, 'ports').follow({ onPending: () => undefined }, call);
        expect(stream.drain()).toEqual([{ kind: 'snapshot', containers: new Map() }]);
      });

      it('leaves no call waiting when the session is closed', async () => {
        const other = await open(wire, transport);
        const pending = other.ping(call);
        other.close();
        await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
        await expect(other.ping(call)).rejects.toMatchObject({ code: 'cancelled' });
      });
    });
  }
}

describe.skipIf(!hasOpenssl)('an agent that wants client certificates', () => {
  it.each(wires)('turns a client without one away over %s', async (wire) => {
    const { ca } = clientTls;
    const pinged = open(wire, 'tls', ca === undefined ? {} : { ca }).then((session) =>
      session.ping({ timeoutMs: 20_000 }),
    );
    await expect(pinged).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(/another client certificate/),
    });
  });
});
