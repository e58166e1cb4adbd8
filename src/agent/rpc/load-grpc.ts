import type * as grpc from '@grpc/grpc-js';
import * as l10n from '../../base/l10n.ts';
import { AgentError, messageOf } from '../errors.ts';

/** The gRPC library. */
export type Grpc = typeof grpc;

/**
 * Loads the gRPC library, which is larger than everything else here together, when the first gRPC endpoint is used. The
 * only place that imports it, so that the bundler can keep it in a file of its own.
 *
 * @throws AgentError `unsupported` when it cannot be loaded.
 */
export async function loadGrpc(): Promise<Grpc> {
  let loaded: unknown;
  try {
    loaded = await import('@grpc/grpc-js');
  } catch (error) {
    throw unusable(error);
  }
  return grpcOf(loaded);
}

/**
 * The library in what an import yielded. Which exports of a CommonJS file an import names is guessed by Node from the
 * file's text; `default` always is all of them.
 *
 * @throws AgentError `unsupported` when it is not there.
 */
export function grpcOf(loaded: unknown): Grpc {
  const candidates = [loaded, (loaded as { default?: unknown } | undefined)?.default];
  const found = candidates.find(isGrpc);
  if (found === undefined) throw unusable(new Error('no Client and no Server in it'));
  return found;
}

function isGrpc(candidate: unknown): candidate is Grpc {
  const { Client, Server } = (candidate ?? {}) as Partial<Record<'Client' | 'Server', unknown>>;
  return typeof Client === 'function' && typeof Server === 'function';
}

function unusable(cause: unknown): AgentError {
  return new AgentError(
    'unsupported',
    l10n.t('The gRPC library cannot be loaded ({0}). Install Sandlight again.', messageOf(cause)),
    { cause },
  );
}
