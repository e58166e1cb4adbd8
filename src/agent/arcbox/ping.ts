import { performance } from 'node:perf_hooks';
import {
  AgentPingRequest,
  AgentPingResponse,
  AgentServiceServiceName,
} from '../generated/arcbox/v1/agent.ts';
import { PingRequestExtension, PingResponseExtension } from '../generated/sandlight/v1/ping_extension.ts';
import type { CallOptions, RpcChannel } from '../rpc/channel.ts';
import { checkPayload } from '../wire/protobuf.ts';

/** What a ping may carry besides its text. */
export interface ArcboxPing {
  /** Whole seconds since the Unix epoch; above 0 the agent SETS the guest's clock. 0 leaves it alone. */
  readonly timestampSecs: bigint;
  readonly message?: string;
  readonly subscribePorts?: boolean;
  /** With the ports, every container and the state of the engine. */
  readonly reportContainers?: boolean;
  readonly reportClock?: boolean;
}

/** The answer, with the extension's part where the agent knows it. */
export interface ArcboxPong {
  readonly response: AgentPingResponse;
  readonly extension: PingResponseExtension;
  readonly rttMs: number;
  /** Host wall clock in milliseconds since the Unix epoch, in the middle of the round trip. */
  readonly hostMidTimeMs: number;
}

/** One Ping with the fields that Sandlight appends; an agent that does not know them skips them. */
export async function pingArcbox(
  channel: RpcChannel,
  ping: ArcboxPing,
  options: CallOptions,
): Promise<ArcboxPong> {
  const { timestampSecs, message = 'ping' } = ping;
  const { subscribePorts = false, reportClock = false, reportContainers = false } = ping;
  const request = AgentPingRequest.encode({ message, timestampSecs });
  if (subscribePorts || reportClock)
    PingRequestExtension.encode({ subscribePorts, reportClock, reportContainers }, request);
  const startTimeMs = Date.now();
  const start = performance.now();
  const bytes = await channel.unary(AgentServiceServiceName, 'Ping', request.finish(), options);
  const rttMs = performance.now() - start;
  checkPayload('arcbox.v1.AgentPingResponse', bytes);
  checkPayload('sandlight.v1.PingResponseExtension', bytes);
  return {
    response: AgentPingResponse.decode(bytes),
    extension: PingResponseExtension.decode(bytes),
    rttMs,
    hostMidTimeMs: startTimeMs + rttMs / 2,
  };
}
