import * as l10n from '../../base/l10n.ts';
import { pause } from '../../base/pause.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import { AgentServiceClientImpl } from '../generated/arcbox/v1/agent.ts';
import { rpcOver, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import type {
  AgentSession,
  ClockFacet,
  ClockSyncResult,
  FacetName,
  PortsFacet,
  RuntimeFacet,
} from '../session.ts';
import { ensureRuntimeOver } from './ensure-runtime.ts';
import { streamPorts, subscribeToPorts } from './follow-ports.ts';
import { pingArcbox, type ArcboxPing, type ArcboxPong } from './ping.ts';
import type { PortGatherer } from './port-gatherer.ts';

const nanosPerSecond = 1_000_000_000n;
const nanosPerMs = 1_000_000;

/** What an ArcBox session is built from. */
export interface ArcboxSessionParts {
  readonly endpoint: Endpoint;
  /** A connected channel of any wire; the session closes it. */
  readonly channel: RpcChannel;
  /** Is given the channel's notifications on the framed wire. */
  readonly gatherer: PortGatherer;
  /** Opens another channel to the same agent, for calls that would hold up this one. */
  readonly openChannel: (options: CallOptions) => Promise<RpcChannel>;
}

/** A session with an ArcBox agent, over frames, ttrpc or gRPC. */
export function arcboxSession({
  endpoint,
  channel,
  gatherer,
  openChannel,
}: ArcboxSessionParts): AgentSession {
  const absent: Partial<Record<FacetName, PlainText>> = {
    ports: l10n.t('The agent has not told yet whether it tells ports: its first answer to a ping will.'),
    listening: l10n.t('ArcBox agents do not tell what listens in the guest.'),
    activity: l10n.t('ArcBox agents keep no record of being in use.'),
  };

  const ping = async (request: ArcboxPing, options: CallOptions): Promise<ArcboxPong> => {
    const pong = await pingArcbox(channel, { ...request, reportClock: true }, options);
    const { version, protocolVersion } = pong.response;
    session.agent = { version, ...(protocolVersion > 0 && { generation: protocolVersion }) };
    // Who reports the clock knows Sandlight's extension, and only such an agent pushes ports.
    if (pong.extension.clock === undefined) {
      absent.ports = l10n.t('This agent does not tell which ports its containers publish.');
    } else {
      delete absent.ports;
      clock.isReported = true;
      session.ports = ports;
    }
    return pong;
  };

  const runtime: RuntimeFacet = {
    status: (options) => clientOf(channel, options).getRuntimeStatus({}),
    ensure: async (options) => {
      const deadline = performance.now() + options.timeoutMs;
      const own = channel.concurrent ? channel : await openChannel(options);
      try {
        return await ensureRuntimeOver(own, channel, deadline, options);
      } finally {
        if (own !== channel) own.close();
      }
    },
  };

  const clock: Writable<ClockFacet> = {
    isReported: false,
    sync: async (options) => {
      const timestampSecs = await secondsToSend(options);
      return syncResult(timestampSecs, await ping({ timestampSecs }, options));
    },
  };

  const ports: PortsFacet = {
    follow: async (follower, options) => {
      gatherer.begin(follower);
      try {
        if (channel.pushesNotifications) await subscribeToPorts(channel, options);
        else await streamPorts(channel, gatherer, options);
        return gatherer;
      } catch (error) {
        gatherer.abandon();
        throw error;
      }
    },
  };

  const session: Writable<AgentSession> = {
    endpoint,
    agent: null,
    boot: null,
    absent,
    closed: channel.closed,
    runtime,
    clock,
    system: { read: (options) => clientOf(channel, options).getSystemInfo({}) },
    ping: async (options) => {
      const pong = await ping({ timestampSecs: 0n }, options);
      const { message, version } = pong.response;
      return { message, version, rttMs: pong.rttMs, clockOffsetMs: clockOffsetMs(pong) };
    },
    close: () => {
      channel.close();
    },
  };
  return session;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function clientOf(channel: RpcChannel, options: CallOptions): AgentServiceClientImpl {
  return new AgentServiceClientImpl(rpcOver(channel, options));
}

/** The time to set the clock to: the one asked for, or the host's when its next second begins. */
async function secondsToSend({ unixNanos, signal }: Parameters<ClockFacet['sync']>[0]): Promise<bigint> {
  const seconds = unixNanos === undefined ? await nextWholeSecond(signal) : unixNanos / nanosPerSecond;
  if (seconds > 0n) return seconds;
  throw new AgentError(
    'not_permitted',
    l10n.t('The agent takes only times after 1970-01-01T00:00:00Z for its clock.'),
  );
}

/** Waits until the host's clock begins a second, because the message carries whole seconds only; returns that second. */
async function nextWholeSecond(signal: AbortSignal | undefined): Promise<bigint> {
  await pause(1000 - (Date.now() % 1000), signal);
  if (signal?.aborted === true) {
    throw new AgentError('cancelled', l10n.t('Setting the clock was cancelled before anything was sent.'));
  }
  return BigInt(Math.round(Date.now() / 1000));
}

/** @throws AgentError `not_permitted` when the agent says that it did not set its clock. */
function syncResult(timestampSecs: bigint, pong: ArcboxPong): ClockSyncResult {
  const { clock } = pong.extension;
  if (clock?.wasSet === false) {
    throw new AgentError(
      'not_permitted',
      clock.refusal === ''
        ? l10n.t('The agent did not set its clock: it does not say why')
        : l10n.t('The agent did not set its clock: {0}', plainText(clock.refusal, maxQuotedLength)),
    );
  }
  return {
    sentUnixNanos: timestampSecs * nanosPerSecond,
    resolution: 'second',
    confirmed: clock?.wasSet ?? false,
    driftBeforeMs: clockOffsetMs(pong),
  };
}

function clockOffsetMs({ extension, hostMidTimeMs }: ArcboxPong): number | null {
  return extension.clock === undefined
    ? null
    : Number(extension.clock.unixNanos) / nanosPerMs - hostMidTimeMs;
}
