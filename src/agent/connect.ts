import { formatEndpoint, type Endpoint, type Protocol } from './endpoint.ts';
import { AgentError } from './errors.ts';
import type { AgentSession, ConnectOptions, OpenSession } from './session.ts';

/**
 * How each protocol is opened; a further one is a row here and the folder it names. A family is loaded when the first
 * sandbox of it is connected, because starting up must not wait for what it may never need.
 */
const openers: Readonly<Record<Protocol, () => Promise<OpenSession>>> = {
  arcbox: async () => (await import('./arcbox/open.ts')).openArcboxFramed,
  'arcbox-ttrpc': async () => (await import('./arcbox/open.ts')).openArcboxTtrpc,
  'arcbox-grpc': async () => (await import('./arcbox/open.ts')).openArcboxGrpc,
  'arcbox-daemon': async () => (await import('./arcbox/open.ts')).openArcboxDaemon,
  microsandbox: async () => (await import('./microsandbox/open.ts')).openMicrosandboxRelay,
  'microsandbox-direct': async () => (await import('./microsandbox/open.ts')).openMicrosandboxDirect,
};

/**
 * Opens a session with the agent at `endpoint`. Nothing is asked of the agent yet beyond what the protocol's opening
 * exchange needs, so a first call may still find that something else answers.
 *
 * @throws AgentError whose message begins with the endpoint.
 */
export async function connectAgent(endpoint: Endpoint, options: ConnectOptions): Promise<AgentSession> {
  try {
    const open = await openers[endpoint.protocol]();
    return await open(endpoint, options);
  } catch (error) {
    throw AgentError.from(error, 'unreachable').about(formatEndpoint(endpoint));
  }
}
