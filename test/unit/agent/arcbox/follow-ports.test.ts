import { duplexPair } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { containerMessage } from '../../../../src/agent/arcbox/container-message.ts';
import { streamPorts, takeNotification } from '../../../../src/agent/arcbox/follow-ports.ts';
import { encodeArcboxFrame } from '../../../../src/agent/arcbox/frame.ts';
import { FramedChannel } from '../../../../src/agent/arcbox/framed-channel.ts';
import { arcboxType } from '../../../../src/agent/arcbox/messages.ts';
import { maxWaitingContainers, PortGatherer } from '../../../../src/agent/arcbox/port-gatherer.ts';
import { arcboxSession } from '../../../../src/agent/arcbox/session.ts';
import { AgentError } from '../../../../src/agent/errors.ts';
import {
  AgentPingResponse,
  PortBindingsChanged,
  PortBindingsRemoved,
} from '../../../../src/agent/generated/arcbox/v1/agent.ts';
import { PortEvent } from '../../../../src/agent/generated/sandlight/v1/notifications.ts';
import { PingResponseExtension } from '../../../../src/agent/generated/sandlight/v1/ping_extension.ts';
import { plain } from '../../../../src/base/text.ts';
import { FakeChannel } from '../fake-channel.ts';
import { publishing } from '../../../support/reports.ts';

const options = { timeoutMs: 5000 };
const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::' };
const snapshotOfNone = { kind: 'snapshot', containers: new Map() };

type Event = NonNullable<PortEvent['event']>;
const bytesOf = (event: Event): Uint8Array => PortEvent.encode({ event }).finish();
const change = (containerId: string): Uint8Array =>
  bytesOf({ $case: 'changed', value: containerMessage(containerId, publishing(binding)) });
const removal = (containerId: string): Uint8Array => bytesOf({ $case: 'removed', value: { containerId } });
const complete = bytesOf({ $case: 'snapshotComplete', value: {} });

/** A followed stream with its snapshot of nothing drained. */
async function streaming(): Promise<{
  channel: FakeChannel;
  gatherer: PortGatherer;
  stream: FakeChannel['streams'][0];
}> {
  const channel = new FakeChannel();
  const gatherer = new PortGatherer();
  gatherer.begin({ onPending: () => undefined });
  const followed = streamPorts(channel, gatherer, options);
  const stream = channel.streams[0]!;
  stream.push(complete);
  await followed;
  expect(gatherer.drain()).toEqual([snapshotOfNone]);
  return { channel, gatherer, stream };
}

/** Lets everything that is ready happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a stream of port events', () => {
  test('resolves with the snapshot, and goes on with changes', async () => {
    const channel = new FakeChannel();
    const gatherer = new PortGatherer();
    const onPending = vi.fn();
    gatherer.begin({ onPending });
    const followed = streamPorts(channel, gatherer, options);
    const stream = channel.streams[0]!;
    for (const event of [change('a'), change('b'), removal('a'), complete, change('c'), removal('b')]) {
      stream.push(event);
    }
    await followed;
    await settled();
    expect(gatherer.drain()).toEqual([
      { kind: 'snapshot', containers: new Map([['c', publishing(binding)]]) },
    ]);
    stream.push(removal('c'));
    await settled();
    expect(onPending).toHaveBeenCalledTimes(1);
    expect(gatherer.drain()).toEqual([{ kind: 'changed', containerId: 'c', report: null }]);
  });

  test('that ends because it was closed on this side leaves the list as it is', async () => {
    const { channel, gatherer } = await streaming();
    channel.close();
    await settled();
    expect(gatherer.drain()).toEqual([]);
  });

  test.each([
    [
      'breaks',
      (stream: FakeChannel['streams'][0]) => {
        stream.fail(new AgentError('remote_error', plain`no more`));
      },
      'remote_error',
    ],
    [
      'is ended by the agent',
      (stream: FakeChannel['streams'][0]) => {
        stream.end();
      },
      'connection_closed',
    ],
    [
      'brings damage',
      (stream: FakeChannel['streams'][0]) => {
        stream.push(Buffer.from('0a05ab', 'hex'));
      },
      'malformed_payload',
    ],
  ])('that %s makes the list stale', async (_, happen, code) => {
    const { gatherer, stream } = await streaming();
    happen(stream);
    await settled();
    expect(gatherer.drain()).toMatchObject([{ kind: 'stale', reason: { code } }]);
  });

  test('goes on after damage, and passes by events of a later schema', async () => {
    const { gatherer, stream } = await streaming();
    stream.push(Buffer.from('0a05ab', 'hex'));
    stream.push(Buffer.from('2202080122020801', 'hex'));
    stream.push(new Uint8Array());
    stream.push(Buffer.concat([change('a'), Buffer.from('2202080f', 'hex')]));
    // Of two fields of a oneof the last one counts.
    stream.push(Buffer.concat([change('b'), removal('c')]));
    await settled();
    expect(gatherer.drain()).toMatchObject([
      { kind: 'changed', containerId: 'a', report: publishing(binding) },
      { kind: 'changed', containerId: 'c', report: null },
      { kind: 'stale', reason: { code: 'malformed_payload' } },
    ]);
  });

  test('without an end of the snapshot is given up in time, and leaves nothing behind', async () => {
    const channel = new FakeChannel();
    const gatherer = new PortGatherer();
    gatherer.begin({ onPending: () => undefined });
    const followed = streamPorts(channel, gatherer, { timeoutMs: 20 });
    channel.streams[0]!.push(change('a'));
    await expect(followed).rejects.toMatchObject({ code: 'timeout' });
    await settled();
    expect(await channel.streams[0]!.next()).toEqual({ done: true, value: undefined });
  });
});

describe('notifications in frames', () => {
  test('are changes and removals, and damage makes the list stale', () => {
    const gatherer = new PortGatherer();
    gatherer.begin({ onPending: () => undefined });
    gatherer.drain();
    const take = (type: 0x1030 | 0x1031, payload: Uint8Array): void => {
      takeNotification(gatherer, { type, payload });
    };
    take(
      arcboxType.portBindingsChanged,
      PortBindingsChanged.encode({ containerId: 'a', bindings: [binding] }).finish(),
    );
    take(arcboxType.portBindingsRemoved, PortBindingsRemoved.encode({ containerId: 'b' }).finish());
    take(arcboxType.portBindingsChanged, Buffer.from('0a05ab', 'hex'));
    expect(gatherer.drain()).toMatchObject([
      { kind: 'changed', containerId: 'a', report: publishing(binding) },
      { kind: 'changed', containerId: 'b', report: null },
      { kind: 'stale', reason: { code: 'malformed_payload' } },
    ]);
  });

  test('before the answer to the subscription are kept within limits, however many come', async () => {
    const [ours, theirs] = duplexPair();
    const gatherer = new PortGatherer();
    const channel = new FramedChannel(ours, {
      onNotification: (notification) => {
        takeNotification(gatherer, notification);
      },
    });
    const session = arcboxSession({
      endpoint: { protocol: 'arcbox', transport: { kind: 'unix', path: '/x' } },
      channel,
      gatherer,
      openChannel: () => expect.fail('no other channel is needed'),
    });
    const pong = Buffer.concat([
      AgentPingResponse.encode({ message: 'pong', version: '1', protocolVersion: 0 }).finish(),
      PingResponseExtension.encode({
        portsSubscribed: true,
        clock: { unixNanos: 1n, wasSet: false, refusal: '' },
      }).finish(),
    ]);
    theirs.once('data', () => theirs.write(encodeArcboxFrame(arcboxType.pingResponse, pong)));
    await session.ping(options);
    const tooMany = 3 * maxWaitingContainers;
    theirs.once('data', () => {
      const frames = Array.from({ length: tooMany }, (_, index) =>
        encodeArcboxFrame(
          arcboxType.portBindingsChanged,
          PortBindingsChanged.encode({ containerId: `c${index}`, bindings: [binding] }).finish(),
        ),
      );
      theirs.write(Buffer.concat(frames));
      theirs.write(encodeArcboxFrame(arcboxType.pingResponse, pong));
    });
    const stream = await session.ports!.follow({ onPending: () => undefined }, options);
    const [snapshot, stale, ...more] = stream.drain();
    expect(snapshot?.kind === 'snapshot' && snapshot.containers.size).toBe(maxWaitingContainers);
    expect(stale).toMatchObject({ kind: 'stale', reason: { code: 'frame_too_large' } });
    expect(more).toEqual([]);
    expect(stream.dropped).toBe(tooMany - maxWaitingContainers);
    session.close();
  });
});
