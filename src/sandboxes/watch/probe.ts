import type { connectAgent } from '../../agent/connect.ts';
import type { Endpoint, TlsFiles } from '../../agent/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { PingResult } from '../../agent/session.ts';
import { readTlsFiles } from '../../agent/transport/tls-files.ts';

/** How an endpoint is tried. */
export interface ProbeOptions extends CallOptions {
  /** For an endpoint with the transport tls. */
  readonly tls?: TlsFiles;
}

/** Connects, asks for one round trip, and disconnects. */
export async function probeEndpoint(
  connect: typeof connectAgent,
  endpoint: Endpoint,
  { tls: files, ...options }: ProbeOptions & { readonly logger: Logger },
): Promise<PingResult> {
  const tls = files && (await readTlsFiles(files));
  const session = await connect(endpoint, { ...options, ...(tls && { tls }) });
  try {
    return await session.ping(options);
  } finally {
    session.close();
  }
}
