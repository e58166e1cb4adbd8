import { performance } from 'node:perf_hooks';
import {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../../agent/generated/arcbox/v1/agent.ts';
import { AgentError } from '../../agent/errors.ts';
import { parseCount } from '../arguments.ts';
import { printResult, withSession, type Command } from '../command.ts';
import { roundMs, summariseRtts } from '../format.ts';

const defaultPingCount = 5;
const maxPingCount = 1_000_000;
/** A guest may take this long to start its runtime. */
const defaultEnsureTimeoutMs = 150_000;

/** `ping ENDPOINT`: a burst of round trips, one after the other. Never touches the guest's clock. */
export const pingCommand: Command = {
  usage: 'ping ENDPOINT [--count N]',
  summary: 'measure round trips; never touches the guest clock',
  options: { count: { type: 'string' } },
  run: async (context) => {
    const count = parseCount(context.line.text('count') ?? String(defaultPingCount), '--count', maxPingCount);
    await withSession(context, async (session, options) => {
      const rttsMs: number[] = [];
      let result = await session.ping(options);
      rttsMs.push(result.rttMs);
      while (rttsMs.length < count) {
        result = await session.ping(options);
        rttsMs.push(result.rttMs);
      }
      const { message, version } = result;
      const rttMs = summariseRtts(rttsMs);
      const text = `${count} round trips: min ${rttMs.min}, median ${rttMs.median}, p99 ${rttMs.p99}, max ${rttMs.max} ms`;
      printResult(context, { count, message, version, rttMs }, text);
    });
  },
};

/** `info ENDPOINT`: the guest's SystemInfo. */
export const infoCommand: Command = {
  usage: 'info ENDPOINT',
  summary: 'show what the guest is',
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const info = SystemInfo.toJSON(await session.systemInfo(options));
      printResult(context, info, JSON.stringify(info, null, 2));
    }),
};

/** `runtime ENDPOINT`: the guest's RuntimeStatusResponse. */
export const runtimeCommand: Command = {
  usage: 'runtime ENDPOINT',
  summary: 'show the state of the container runtime',
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const status = RuntimeStatusResponse.toJSON(await session.runtimeStatus(options));
      printResult(context, status, JSON.stringify(status, null, 2));
    }),
};

/** `ensure ENDPOINT`: makes the runtime usable, polling while the guest says `starting`. */
export const ensureCommand: Command = {
  usage: 'ensure ENDPOINT [--no-start]',
  summary: 'make the container runtime ready, starting it unless --no-start',
  options: { 'no-start': { type: 'boolean' } },
  run: (context) =>
    withSession(context, async (session, options) => {
      const start = performance.now();
      const response = await session.ensureRuntime({
        ...options,
        timeoutMs: context.line.timeoutMs ?? defaultEnsureTimeoutMs,
        startIfNeeded: !context.line.flag('no-start'),
        onProgress: ({ elapsedMs, detail }) => {
          context.logger.info(`${Math.round(elapsedMs / 1000)} s: ${detail}`);
        },
      });
      const elapsedMs = roundMs(performance.now() - start);
      const json = { ...(RuntimeEnsureResponse.toJSON(response) as object), elapsedMs };
      printResult(context, json, `${response.status} after ${elapsedMs} ms: ${response.message}`);
    }),
};

/** `touch ENDPOINT`: tells the guest that it is in use. */
export const touchCommand: Command = {
  usage: 'touch ENDPOINT',
  summary: 'tell the guest that it is in use, postponing its idle shutdown',
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const activitySeq = (await session.touch(options)).toString();
      printResult(context, { activitySeq }, `noted as use number ${activitySeq}`);
    }),
};

/** `sync-clock ENDPOINT`: the only command that sets a clock. */
export const syncClockCommand: Command = {
  usage: 'sync-clock ENDPOINT [--at UNIX_NANOS]',
  summary: 'set the guest clock to this host, or to a given time',
  options: { at: { type: 'string' } },
  run: async (context) => {
    const at = context.line.text('at');
    if (at !== undefined && !/^\d{1,19}$/.test(at)) {
      throw new AgentError(
        'usage',
        `--at must be nanoseconds since the Unix epoch, not ${JSON.stringify(at)}.`,
      );
    }
    await withSession(context, async (session, options) => {
      const result = await session.syncClock({
        ...options,
        ...(at !== undefined && { unixNanos: BigInt(at) }),
      });
      const { sentUnixNanos, resolution, confirmed } = result;
      const driftBeforeMs = result.driftBeforeMs === null ? null : roundMs(result.driftBeforeMs);
      const drift =
        driftBeforeMs === null ? 'by how much it was off is not known' : `it was off by ${driftBeforeMs} ms`;
      printResult(
        context,
        { sentUnixNanos: sentUnixNanos.toString(), resolution, confirmed, driftBeforeMs },
        `clock ${confirmed ? 'set' : 'sent, without confirmation by the agent'}; ${drift}`,
      );
    });
  },
};
