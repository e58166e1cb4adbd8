import { describe, expect, test, vi } from 'vitest';
import { PortGatherer } from '../../../../src/agent/arcbox/port-gatherer.ts';
import { arcboxSession } from '../../../../src/agent/arcbox/session.ts';
import {
  AgentPingRequest,
  AgentPingResponse,
  RuntimeEnsureResponse,
  SystemInfo,
} from '../../../../src/agent/generated/arcbox/v1/agent.ts';
import {
  PingResponseExtension,
  type ClockReport,
} from '../../../../src/agent/generated/sandlight/v1/ping_extension.ts';
import { capabilitiesOf, facetOf, type AgentSession } from '../../../../src/agent/session.ts';
import { FakeChannel } from '../fake-channel.ts';

const options = { timeoutMs: 1000 };

function pong(clock?: Partial<ClockReport>, protocolVersion = 0): Uint8Array {
  const response = AgentPingResponse.encode({ message: 'pong', version: '1.2.3', protocolVersion });
  if (clock !== undefined) {
    const report = { unixNanos: 1n, wasSet: false, refusal: '', ...clock };
    PingResponseExtension.encode({ portsSubscribed: true, clock: report }, response);
  }
  return response.finish();
}

function sessionOver(
  channel: FakeChannel,
  openChannel: () => Promise<FakeChannel> = () => expect.fail('no other channel is needed'),
): AgentSession {
  return arcboxSession({
    endpoint: { protocol: 'arcbox', transport: { kind: 'unix', path: '/x' } },
    channel,
    gatherer: new PortGatherer(),
    openChannel,
  });
}

describe('what an ArcBox agent offers', () => {
  test('is known from its first answer: with the extension also ports and the clock', async () => {
    const channel = new FakeChannel();
    const session = sessionOver(channel);
    expect([...capabilitiesOf(session)]).toEqual([
      'system_info',
      'runtime_status',
      'ensure_runtime',
      'sync_clock',
    ]);
    expect(() => facetOf(session, 'ports')).toThrow(/has not told yet/);
    channel.answers['Ping'] = () => pong({});
    await session.ping(options);
    expect([...capabilitiesOf(session)]).toEqual([
      'system_info',
      'runtime_status',
      'ensure_runtime',
      'sync_clock',
      'clock_report',
      'port_notifications',
    ]);
    expect(session.absent.ports).toBeUndefined();
  });

  test('without the extension is neither, and it says so', async () => {
    const channel = new FakeChannel();
    const session = sessionOver(channel);
    channel.answers['Ping'] = () => pong();
    expect(await session.ping(options)).toMatchObject({ clockOffsetMs: null, version: '1.2.3' });
    expect(session.clock?.isReported).toBe(false);
    expect(() => facetOf(session, 'ports')).toThrow(/does not tell which ports/);
  });

  test('includes the version of its protocol and a distribution that still starts', async () => {
    const channel = new FakeChannel();
    const session = sessionOver(channel);
    channel.answers['Ping'] = () => pong({}, 7);
    channel.answers['GetSystemInfo'] = () =>
      SystemInfo.encode(SystemInfo.create({ distroInitPending: true })).finish();
    await session.ping(options);
    expect(session.agent).toEqual({ version: '1.2.3', generation: 7 });
    expect(await facetOf(session, 'system').read(options)).toMatchObject({ distroInitPending: true });
    channel.answers['Ping'] = () => pong({}, 0);
    await session.ping(options);
    expect(session.agent).toEqual({ version: '1.2.3' });
  });
});

describe('setting the clock', () => {
  test('tells why the agent refused, as one bounded line without control characters', async () => {
    const channel = new FakeChannel();
    channel.answers['Ping'] = () =>
      pong({ refusal: `no\u001b]0;title\u0007 \u202eway\n${'x'.repeat(1_000_000)}` });
    const refused = facetOf(sessionOver(channel), 'clock').sync({ ...options, unixNanos: 1_000_000_000n });
    await expect(refused).rejects.toMatchObject({ code: 'not_permitted' });
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/^The agent did not set its clock: no \]0;title way x+…$/);
    expect(message.length).toBeLessThan(400);
  });

  test('sends whole seconds, and a time of 1970 not at all', async () => {
    const channel = new FakeChannel();
    const sent: bigint[] = [];
    channel.answers['Ping'] = (request) => {
      sent.push(AgentPingRequest.decode(request).timestampSecs);
      return pong({ wasSet: true });
    };
    const clock = facetOf(sessionOver(channel), 'clock');
    expect(await clock.sync({ ...options, unixNanos: 1_700_000_000_999_999_999n })).toMatchObject({
      sentUnixNanos: 1_700_000_000_000_000_000n,
      confirmed: true,
    });
    await expect(clock.sync({ ...options, unixNanos: 999_999_999n })).rejects.toMatchObject({
      code: 'not_permitted',
    });
    expect(sent).toEqual([1_700_000_000n]);
  });
});

describe('ensuring the runtime', () => {
  test('on a wire that answers in order takes a connection of its own, and no more time for it', async () => {
    vi.useFakeTimers();
    try {
      const other = new FakeChannel({ isFramed: true });
      other.answers['EnsureRuntime'] = () =>
        RuntimeEnsureResponse.encode(RuntimeEnsureResponse.create({ status: 'starting' })).finish();
      const session = sessionOver(new FakeChannel({ isFramed: true }), async () => {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return other;
      });
      const startMs = performance.now();
      const ended = facetOf(session, 'runtime').ensure!({ timeoutMs: 3000, startIfNeeded: true }).then(
        () => undefined,
        (error: unknown) => ({ error, afterMs: performance.now() - startMs }),
      );
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await ended).toMatchObject({ error: { code: 'timeout' } });
      expect((await ended)!.afterMs).toBeLessThanOrEqual(3001);
      expect((await other.closed).code).toBe('cancelled');
    } finally {
      vi.useRealTimers();
    }
  });
});
