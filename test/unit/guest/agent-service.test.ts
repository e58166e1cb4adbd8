import { describe, expect, it } from 'vitest';
import { containerMessage } from '../../../src/agent/arcbox/container-message.ts';
import type { PortChange } from '../../../src/agent/facts.ts';
import { AgentPingRequest, AgentPingResponse } from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { PortEvent } from '../../../src/agent/generated/sandlight/v1/notifications.ts';
import {
  PingRequestExtension,
  PingResponseExtension,
} from '../../../src/agent/generated/sandlight/v1/ping_extension.ts';
import { methodTypes } from '../../../src/agent/generated/shapes.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { agentServiceMethods } from '../../../src/guest/agent-service.ts';
import { refuseToSetClock, type SetClock } from '../../../src/guest/clock.ts';
import { runtimeConfig } from '../../../src/guest/runtime-config.ts';
import { Runtime } from '../../../src/guest/runtime.ts';
import type { GuestMethodTable } from '../../../src/guest/service.ts';
import { FakeEngine } from '../docker/fake-engine.ts';
import { publishing } from '../../support/reports.ts';

function methods({
  setClock = refuseToSetClock,
  updates = [],
}: { setClock?: SetClock; updates?: PortChange[] } = {}): GuestMethodTable {
  const engine = new FakeEngine();
  const runtime = new Runtime(runtimeConfig({ dockerSocket: engine.socketPath }), engine, silentLogger);
  const ports = {
    // eslint-disable-next-line @typescript-eslint/require-await -- an interface of async iteration over ready values
    async *subscribe() {
      yield* updates;
    },
  };
  return agentServiceMethods({ version: '1.2.3', runtime, ports, setClock, logger: silentLogger });
}

const signal = new AbortController().signal;

async function ping(
  table: GuestMethodTable,
  timestampSecs: bigint,
  extension?: Partial<PingRequestExtension>,
): Promise<Uint8Array> {
  const request = AgentPingRequest.encode({ message: '', timestampSecs });
  if (extension !== undefined) PingRequestExtension.encode(PingRequestExtension.create(extension), request);
  const method = table.get('arcbox.v1.AgentService/Ping');
  if (method?.kind !== 'unary') throw new Error('Ping is unary');
  return method.handle(request.finish(), { signal });
}

describe('the agent service', () => {
  it('serves every method of the schema, and nothing else', () => {
    const served = Object.keys(methodTypes).filter((name) => /AgentService|NotificationService/.test(name));
    expect([...methods().keys()].sort()).toEqual(served.sort());
  });

  it('gives the same pong and tells why, when it may not set the clock', async () => {
    const answer = await ping(methods(), 1_700_000_000n, { reportClock: true });
    expect(AgentPingResponse.decode(answer)).toEqual({
      message: 'pong',
      version: '1.2.3',
      protocolVersion: 0,
    });
    expect(PingResponseExtension.decode(answer).clock).toMatchObject({
      wasSet: false,
      refusal: 'the agent was started without --allow-clock-set',
    });
  });

  it('adds nothing to the pong of a client that did not ask, even when it refuses', async () => {
    expect(Buffer.from(await ping(methods(), 1_700_000_000n))).toEqual(
      Buffer.from(await ping(methods(), 0n)),
    );
  });

  it('sets the clock to the whole second it was sent, and reports the time before', async () => {
    const seconds: bigint[] = [];
    const setClock: SetClock = (unixSeconds) => {
      seconds.push(unixSeconds);
      return Promise.resolve(undefined);
    };
    const answer = await ping(methods({ setClock }), 1_700_000_000n, { reportClock: true });
    expect(seconds).toEqual([1_700_000_000n]);
    expect(PingResponseExtension.decode(answer).clock).toMatchObject({ wasSet: true, refusal: '' });
  });

  it.each([0n, -1n])('leaves the clock alone for a time of %s', async (timestampSecs) => {
    const setClock: SetClock = () => expect.fail('the clock was set');
    await ping(methods({ setClock }), timestampSecs, { reportClock: true });
  });

  it('does not grant port notifications on a wire that cannot push', async () => {
    const answer = await ping(methods(), 0n, { subscribePorts: true });
    expect(PingResponseExtension.decode(answer)).toEqual({ portsSubscribed: false, clock: undefined });
  });

  it('refuses a payload that is not its message', async () => {
    for (const [name, method] of methods()) {
      if (name.endsWith('/GetSystemInfo')) continue;
      const bad = Buffer.from('0a05ab', 'hex');
      const call =
        method.kind === 'unary'
          ? method.handle(bad, { signal })
          : method.handle(bad, { signal })[Symbol.asyncIterator]().next();
      await expect(call, name).rejects.toMatchObject({
        name: 'Refusal',
        kind: 'invalid_argument',
        message: expect.stringContaining('invalid request: failed to decode Protobuf message: ') as string,
      });
    }
  });

  it('streams the snapshot, its end, and changes; an empty list is a removal', async () => {
    const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::' };
    const table = methods({
      updates: [
        { kind: 'snapshot', containers: new Map([['a', publishing(binding)]]) },
        { kind: 'changed', containerId: 'a', report: null },
      ],
    });
    const method = table.get('sandlight.v1.NotificationService/WatchPorts');
    if (method?.kind !== 'serverStream') throw new Error('WatchPorts streams');
    const events = [];
    for await (const bytes of method.handle(new Uint8Array(), { signal }))
      events.push(PortEvent.decode(bytes).event);
    expect(events).toEqual([
      { $case: 'changed', value: containerMessage('a', publishing(binding)) },
      { $case: 'snapshotComplete', value: {} },
      { $case: 'removed', value: { containerId: 'a' } },
    ]);
  });
});
