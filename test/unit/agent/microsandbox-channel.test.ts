import { describe, expect, it } from 'vitest';
import { maxAnswerMessages, MicrosandboxChannel } from '../../../src/agent/microsandbox/channel.ts';
import { MicrosandboxEncoder } from '../../../src/agent/microsandbox/encoder.ts';
import { MicrosandboxFrameDecoder, type MicrosandboxFrame } from '../../../src/agent/microsandbox/frame.ts';
import { microsandboxMessage as message } from '../../../src/agent/microsandbox/messages.ts';
import { maxWaitingCalls } from '../../../src/agent/rpc/pending-call.ts';
import { matching } from '../../support/matching.ts';

const guest = new MicrosandboxEncoder('guest', 7);

function frameOf(bytes: Buffer): MicrosandboxFrame {
  const decoder = new MicrosandboxFrameDecoder();
  decoder.push(bytes);
  return decoder.next()!;
}

/** A channel whose messages are kept, and answered by the test. */
function channelOf(): { channel: MicrosandboxChannel<'client'>; sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const connection = {
    failure: undefined,
    write: (bytes: Uint8Array): void => void sent.push(bytes),
  };
  const range = { start: 1, endExclusive: 1_000_000 };
  return {
    channel: new MicrosandboxChannel(connection, { range, encoder: new MicrosandboxEncoder('client', 7) }),
    sent,
  };
}

describe('an exchange', () => {
  it('takes just so many messages, empty ones too', async () => {
    const { channel } = channelOf();
    let taken = 0;
    const answer = channel.exchange(
      message.fsRequest,
      { op: { Read: {} } },
      {
        timeoutMs: 5000,
        onMessage: () => {
          taken++;
          return 'more';
        },
      },
    );
    const empty = frameOf(guest.encode(message.fsData, 1, { data: new Uint8Array() }));
    for (let sent = 0; sent < maxAnswerMessages; sent++) channel.receive(empty);
    expect(taken).toBe(maxAnswerMessages);
    channel.receive(empty);
    await expect(answer).rejects.toMatchObject({
      code: 'frame_too_large',
      message: matching(/more than 10000 messages/),
    });
    expect(taken).toBe(maxAnswerMessages);
  });

  it('is refused when too many wait', async () => {
    const { channel, sent } = channelOf();
    const stop = new AbortController();
    const options = {
      timeoutMs: 60_000,
      signal: stop.signal,
      onMessage: () => ({ done: undefined }) as const,
    };
    const calls = Array.from({ length: maxWaitingCalls }, () => channel.exchange(message.ping, {}, options));
    await expect(channel.exchange(message.ping, {}, options)).rejects.toMatchObject({
      code: 'not_permitted',
    });
    expect(sent).toHaveLength(maxWaitingCalls);
    stop.abort();
    await Promise.allSettled(calls);
  });
});
