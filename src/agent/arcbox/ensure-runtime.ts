import { performance } from 'node:perf_hooks';
import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import { AgentServiceClientImpl, type RuntimeEnsureResponse } from '../generated/arcbox/v1/agent.ts';
import { pause } from '../../base/pause.ts';
import { rpcOver, type RpcChannel } from '../rpc/channel.ts';
import type { EnsureOptions } from '../session.ts';

/** First wait between polls; grows by half each time up to {@link maxPollDelayMs}, as ArcBox's own host does. */
const minPollDelayMs = 120;
const maxPollDelayMs = 1200;
const progressIntervalMs = 1000;
const statusTimeoutMs = 5000;

/**
 * Ensures the runtime over `channel`, which the call may occupy for a minute (agents of the 0.1 line), or polls it while
 * the guest says `starting` (0.4 and later). Meanwhile the guest's own detail is read over `statusChannel`.
 *
 * @throws AgentError `timeout` when the runtime is not settled in time; the guest goes on by itself.
 */
export async function ensureRuntimeOver(
  channel: RpcChannel,
  statusChannel: RpcChannel,
  options: EnsureOptions,
): Promise<RuntimeEnsureResponse> {
  const { startIfNeeded, timeoutMs, signal } = options;
  const start = performance.now();
  const finished = new AbortController();
  if (options.onProgress !== undefined)
    void reportProgress(statusChannel, options.onProgress, finished.signal);
  try {
    for (let delayMs = minPollDelayMs; ; delayMs = Math.min(delayMs * 1.5, maxPollDelayMs)) {
      const remainingMs = timeoutMs - (performance.now() - start);
      if (remainingMs <= delayMs && delayMs > minPollDelayMs) throw stillStarting(timeoutMs);
      const rpc = rpcOver(channel, { timeoutMs: Math.max(remainingMs, 1), signal });
      const response = await new AgentServiceClientImpl(rpc).ensureRuntime({ startIfNeeded });
      if (response.status !== 'starting') return response;
      await pause(delayMs, signal);
      signal?.throwIfAborted();
    }
  } catch (error) {
    if (signal?.aborted === true) {
      throw new AgentError('cancelled', l10n.t('Watching was cancelled; the guest goes on by itself.'), {
        cause: error,
      });
    }
    throw AgentError.from(error, 'connection_closed');
  } finally {
    finished.abort();
  }
}

/** Reads the guest's detail about once a second until `finished` aborts. A status that fails is left out. */
async function reportProgress(
  channel: RpcChannel,
  onProgress: NonNullable<EnsureOptions['onProgress']>,
  finished: AbortSignal,
): Promise<void> {
  const start = performance.now();
  const client = new AgentServiceClientImpl(
    rpcOver(channel, { timeoutMs: statusTimeoutMs, signal: finished }),
  );
  for (;;) {
    const detail = await client.getRuntimeStatus({}).then(
      (status) => status.detail,
      () => '',
    );
    if (finished.aborted) return;
    onProgress({ elapsedMs: performance.now() - start, detail });
    await pause(progressIntervalMs, finished);
  }
}

function stillStarting(timeoutMs: number): AgentError {
  return new AgentError(
    'timeout',
    l10n.t('The runtime is still starting after {0} ms; the guest goes on by itself.', timeoutMs),
  );
}
