import * as l10n from '../../base/l10n.ts';
import { pause } from '../../base/pause.ts';
import { AgentError } from '../errors.ts';
import type { EnsureOutcome } from '../facts.ts';
import { AgentServiceClientImpl } from '../generated/arcbox/v1/agent.ts';
import { rpcOver, type RpcChannel } from '../rpc/channel.ts';
import type { EnsureOptions } from '../session.ts';

/** First wait between polls; grows by half each time up to {@link maxPollDelayMs}, as ArcBox's own host does. */
const minPollDelayMs = 120;
const maxPollDelayMs = 1200;
/** Least time that the last poll is left for its answer; twice the time that the poll before took, when that is more. */
const minLastPollMs = 100;
const progressIntervalMs = 1000;
const statusTimeoutMs = 5000;

/**
 * Ensures the runtime over `channel`, which the call may occupy for a minute (agents of the 0.1 line), or polls it while
 * the guest says `starting` (0.4 and later), the last time just before `deadline`. Meanwhile the guest's own detail is
 * read over `statusChannel`.
 *
 * @param deadline when all of it has to be over, by `performance.now()`.
 * @throws AgentError `timeout` when the runtime is not settled in time; the guest goes on by itself.
 */
export async function ensureRuntimeOver(
  channel: RpcChannel,
  statusChannel: RpcChannel,
  deadline: number,
  options: EnsureOptions,
): Promise<EnsureOutcome> {
  const { signal, onProgress } = options;
  const finished = new AbortController();
  if (onProgress !== undefined) void reportProgress(statusChannel, onProgress, finished.signal);
  try {
    return await pollUntilSettled(channel, deadline, options);
  } catch (error) {
    if (signal?.aborted !== true) throw AgentError.from(error, 'connection_closed');
    throw new AgentError('cancelled', l10n.t('Watching was cancelled; the guest goes on by itself.'), {
      cause: error,
    });
  } finally {
    finished.abort();
  }
}

async function pollUntilSettled(
  channel: RpcChannel,
  deadline: number,
  { startIfNeeded, timeoutMs, signal }: EnsureOptions,
): Promise<EnsureOutcome> {
  let isStarting = false;
  for (let delayMs = minPollDelayMs; ; delayMs = Math.min(delayMs * 1.5, maxPollDelayMs)) {
    const startMs = performance.now();
    const rpc = rpcOver(channel, { timeoutMs: Math.max(Math.floor(deadline - startMs), 1), signal });
    try {
      const outcome = await new AgentServiceClientImpl(rpc).ensureRuntime({ startIfNeeded });
      if (outcome.status !== 'starting') return outcome;
      isStarting = true;
    } catch (error) {
      if (isStarting && error instanceof AgentError && error.code === 'timeout') {
        throw stillStarting(timeoutMs);
      }
      throw error;
    }
    const endMs = performance.now();
    const lastPollMs = deadline - Math.max(minLastPollMs, 2 * (endMs - startMs));
    // The last poll has been made.
    if (startMs >= lastPollMs) throw stillStarting(timeoutMs);
    await pause(Math.min(delayMs, Math.max(lastPollMs - endMs, 0)), signal);
    signal?.throwIfAborted();
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
  const isOver = (): boolean => finished.aborted;
  while (!isOver()) {
    const detail = await client.getRuntimeStatus({}).then(
      (status) => status.detail,
      () => '',
    );
    if (!isOver()) onProgress({ elapsedMs: performance.now() - start, detail });
    await pause(progressIntervalMs, finished);
  }
}

function stillStarting(timeoutMs: number): AgentError {
  return new AgentError(
    'timeout',
    l10n.t('The runtime is still starting after {0} ms; the guest goes on by itself.', timeoutMs),
  );
}
