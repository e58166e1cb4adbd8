import type * as grpc from '@grpc/grpc-js';

/**
 * Loads the gRPC library, which is larger than everything else here together, when the first gRPC endpoint is used. The
 * only place that imports it, so that the bundler can keep it in a file of its own.
 */
export function loadGrpc(): Promise<typeof grpc> {
  return import('@grpc/grpc-js');
}
