import type { Endpoint } from '../endpoint.ts';
import type { RpcChannel } from '../rpc/channel.ts';
import type { ConnectOptions } from '../session.ts';
import { connectTransport } from '../transport/connect-transport.ts';

/**
 * Opens a gRPC channel to an ArcBox daemon; gRPC is loaded by the first one.
 *
 * @throws AgentError those of the transport and of gRPC's opening exchange.
 */
export async function openDaemonChannel(
  { transport }: Pick<Endpoint, 'transport'>,
  options: ConnectOptions,
): Promise<RpcChannel> {
  const { openGrpcChannel } = await import('../rpc/grpc-channel.ts');
  return openGrpcChannel(await connectTransport(transport, { ...options, alpnProtocol: 'h2' }), options);
}
