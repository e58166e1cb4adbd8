import type { connectAgent } from '../../agent/connect.ts';
import type { Endpoint } from '../../agent/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { PingResult } from '../../agent/session.ts';

/** Connects, asks for one round trip, and disconnects. */
export async function probeEndpoint(
  connect: typeof connectAgent,
  endpoint: Endpoint,
  options: CallOptions & { readonly logger: Logger },
): Promise<PingResult> {
  const session = await connect(endpoint, options);
  try {
    return await session.ping(options);
  } finally {
    session.close();
  }
}
