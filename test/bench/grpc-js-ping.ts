import { AgentPingRequest, AgentPingResponse } from '../../src/agent/generated/arcbox/v1/agent.ts';

/** The method's path on gRPC. */
export const pingPath = '/arcbox.v1.AgentService/Ping';

/** Answers a ping, decoding and encoding as any server does. */
export function handlePing(request: Uint8Array): Buffer {
  const { message } = AgentPingRequest.decode(request);
  return Buffer.from(
    AgentPingResponse.encode({ message: `pong: ${message}`, version: '0.0.0', protocolVersion: 0 }).finish(),
  );
}
