import { performance } from 'node:perf_hooks';
import * as l10n from '../../base/l10n.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import type { RuntimeStatus, SystemFacts } from '../facts.ts';
import {
  GetSetupStatusRequest,
  MachineServiceClientImpl,
  SetupStatus,
  SystemServiceServiceName,
} from '../generated/arcbox/v1/daemon.ts';
import { rpcOver, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import type { AgentSession, ClockFacet } from '../session.ts';
import { checkPayload } from '../wire/protobuf.ts';
import { runtimeOfSetup, tellsMachineRuns } from './setup-phase.ts';

const nanosPerSecond = 1_000_000_000n;

/**
 * A session with one machine of an ArcBox daemon, whose agent only the daemon can reach. The daemon has no door to the
 * agent's runtime calls; its own setup phase takes their place.
 *
 * A ping is a round trip to the machine's agent by GetSystemInfo, because the daemon's own Ping sends its clock along and
 * the agent then sets its own. The version stays empty until a clock synchronisation has learnt it.
 *
 * @param channel a gRPC channel to the daemon's socket; the session closes it.
 */
export function daemonSession(endpoint: Endpoint, channel: RpcChannel): AgentSession {
  const id = endpoint.machine ?? 'default';
  const machines = (options: CallOptions): MachineServiceClientImpl =>
    new MachineServiceClientImpl(rpcOver(channel, options));

  const readSystem = async (options: CallOptions): Promise<SystemFacts> => ({
    ...(await machines(options).getSystemInfo({ id })),
    distroInitPending: false,
  });

  const clock: ClockFacet = {
    isReported: false,
    // The daemon sends its own clock, so no other time can be chosen, and the agent does not confirm.
    sync: async (options) => {
      if (options.unixNanos !== undefined) {
        throw new AgentError(
          'unsupported',
          l10n.t('The ArcBox daemon sends its own clock to the guest and takes no other time.'),
        );
      }
      const sentUnixNanos = BigInt(Math.floor(Date.now() / 1000)) * nanosPerSecond;
      const { version } = await machines(options).ping({ id });
      session.agent = { version };
      return { sentUnixNanos, resolution: 'second', confirmed: false, driftBeforeMs: null };
    },
  };

  const session: { -readonly [Key in keyof AgentSession]: AgentSession[Key] } = {
    endpoint,
    agent: null,
    boot: null,
    absent: {
      runtime: l10n.t('The ArcBox daemon starts its runtime by itself and takes no request to do so.'),
      ports: l10n.t('The ArcBox daemon does not tell ports; they are read from its Docker socket.'),
      listening: l10n.t('The ArcBox daemon does not tell what listens in the guest.'),
      activity: l10n.t('ArcBox machines keep no record of being in use.'),
    },
    closed: channel.closed,
    runtime: { status: (options) => readSetup(channel, options, () => readSystem(options)) },
    clock,
    system: { read: readSystem },
    ping: async (options) => {
      const start = performance.now();
      await readSystem(options);
      const rttMs = performance.now() - start;
      return { message: '', version: session.agent?.version ?? '', rttMs, clockOffsetMs: null };
    },
    close: () => {
      channel.close();
    },
  };
  return session;
}

/** Reads the daemon's setup; where that does not tell whether its machine runs, the machine itself is asked. */
async function readSetup(
  channel: RpcChannel,
  options: CallOptions,
  askMachine: () => Promise<unknown>,
): Promise<RuntimeStatus> {
  const request = GetSetupStatusRequest.encode({}).finish();
  const status = await channel.unary(SystemServiceServiceName, 'GetSetupStatus', request, options);
  checkPayload('arcbox.v1.SetupStatus', status);
  const machineRuns = tellsMachineRuns(status) ?? (await answers(askMachine));
  return runtimeOfSetup(SetupStatus.decode(status), machineRuns);
}

/** False when the daemon says that it cannot pass a question on. */
async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'remote_error') return false;
    throw error;
  }
}
