import { AgentError, maxQuotedLength } from '../agent/errors.ts';
import {
  AgentPingRequest,
  AgentPingResponse,
  AgentServiceServiceName,
  RuntimeEnsureRequest,
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../agent/generated/arcbox/v1/agent.ts';
import {
  NotificationServiceServiceName,
  PortEvent,
  WatchPortsRequest,
} from '../agent/generated/sandlight/v1/notifications.ts';
import {
  PingRequestExtension,
  PingResponseExtension,
  type ClockReport,
} from '../agent/generated/sandlight/v1/ping_extension.ts';
import type { Logger } from '../base/logger.ts';
import { plain, plainText } from '../base/text.ts';
import { checkPayload, type MessageName } from '../agent/wire/protobuf.ts';
import type { SetClock } from './clock.ts';
import { containerNotifications, type ContainerNotification } from './container-notifications.ts';
import { readSystemInfo } from './probes/system-info.ts';
import type { EnginePorts } from './published-ports.ts';
import type { Runtime } from './runtime.ts';
import { Refusal, type GuestCallContext, type GuestMethod, type GuestMethodTable } from './service.ts';

/** What the agent's methods work on. */
export interface AgentServiceParts {
  /** Version that Ping tells, without a leading "v". */
  readonly version: string;
  readonly runtime: Runtime;
  readonly ports: EnginePorts;
  readonly setClock: SetClock;
  readonly logger: Logger;
}

/** Every method that the reference agent serves, whatever the wire. */
export function agentServiceMethods(parts: AgentServiceParts): GuestMethodTable {
  return new Map<string, GuestMethod>([
    [
      `${AgentServiceServiceName}/Ping`,
      { kind: 'unary', handle: (request, context) => ping(request, context, parts) },
    ],
    [
      `${AgentServiceServiceName}/GetSystemInfo`,
      {
        kind: 'unary',
        // Like ArcBox's agent, which never decodes this payload.
        handle: async () => SystemInfo.encode(await readSystemInfo()).finish(),
      },
    ],
    [
      `${AgentServiceServiceName}/EnsureRuntime`,
      {
        kind: 'unary',
        handle: async (request) => {
          check('arcbox.v1.RuntimeEnsureRequest', request);
          const { startIfNeeded } = RuntimeEnsureRequest.decode(request);
          return RuntimeEnsureResponse.encode(await parts.runtime.ensure(startIfNeeded)).finish();
        },
      },
    ],
    [
      `${AgentServiceServiceName}/GetRuntimeStatus`,
      {
        kind: 'unary',
        handle: async (request) => {
          check('arcbox.v1.RuntimeStatusRequest', request);
          return RuntimeStatusResponse.encode(await parts.runtime.status()).finish();
        },
      },
    ],
    [
      `${NotificationServiceServiceName}/WatchPorts`,
      { kind: 'serverStream', handle: (request, { signal }) => watchPorts(request, parts.ports, signal) },
    ],
  ]);
}

async function ping(
  request: Uint8Array,
  { subscribePorts }: GuestCallContext,
  { version, setClock, logger }: AgentServiceParts,
): Promise<Uint8Array> {
  check('arcbox.v1.AgentPingRequest', request);
  check('sandlight.v1.PingRequestExtension', request);
  const { message, timestampSecs } = AgentPingRequest.decode(request);
  const extension = PingRequestExtension.decode(request);
  const unixNanos = BigInt(Date.now()) * 1_000_000n;
  const clock: ClockReport = { unixNanos, wasSet: false, refusal: '' };
  if (timestampSecs > 0n) {
    clock.refusal = (await setClock(timestampSecs)) ?? '';
    clock.wasSet = clock.refusal === '';
    const refusal = plainText(clock.refusal, maxQuotedLength);
    if (clock.wasSet) logger.info(plain`The clock was set to ${timestampSecs} s.`);
    else logger.warn(plain`A client wanted the clock set to ${timestampSecs} s: ${refusal}.`);
  }
  const response = AgentPingResponse.encode({
    message: message === '' ? 'pong' : `pong: ${message}`,
    version,
    // Hosts that ask for a version want everything that it promises, which this agent does not offer.
    protocolVersion: 0,
  });
  if (extension.subscribePorts || extension.reportClock) {
    const portsSubscribed = extension.subscribePorts && subscribePorts !== undefined;
    if (portsSubscribed) await subscribePorts(extension);
    PingResponseExtension.encode(
      { portsSubscribed, clock: extension.reportClock ? clock : undefined },
      response,
    );
  }
  return response.finish();
}

async function* watchPorts(
  request: Uint8Array,
  ports: EnginePorts,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  check('sandlight.v1.WatchPortsRequest', request);
  const wishes = WatchPortsRequest.decode(request);
  for await (const notification of containerNotifications(ports, wishes, signal))
    yield PortEvent.encode({ event: eventOf(notification) }).finish();
}

function eventOf(notification: ContainerNotification): PortEvent['event'] {
  switch (notification.kind) {
    case 'changed':
      return { $case: 'changed', value: notification.message };
    case 'removed':
      return { $case: 'removed', value: notification.message };
    case 'snapshot_complete':
      return { $case: 'snapshotComplete', value: {} };
  }
}

/** Refuses a payload that is not a well-formed message, in the words of ArcBox's agent. */
function check(name: MessageName, payload: Uint8Array): void {
  try {
    checkPayload(name, payload);
  } catch (error) {
    const why = AgentError.from(error, 'malformed_payload').message;
    throw new Refusal('invalid_argument', `invalid request: failed to decode Protobuf message: ${why}`, {
      cause: error,
    });
  }
}
