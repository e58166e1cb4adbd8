import { performance } from 'node:perf_hooks';
import { AgentError } from '../../agent/errors.ts';
import { facetOf, missing } from '../../agent/session.ts';
import { plain, plainText, quoted } from '../../base/text.ts';
import { maxArgumentLength, parseCount } from '../arguments.ts';
import { endpointRow, printResult, withSession, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { latencyText, roundMs, summarizeRtts } from '../format.ts';
import { clockOffsetText } from '../../views/quantities.ts';
import { progressOn } from '../progress.ts';
import { jsonText } from '../json-text.ts';
import { ensureOutcomeJson, runtimeStatusJson, systemInfoJson } from '../../agent/facts-json.ts';

const defaultPingCount = 5;
const maxPingCount = 1_000_000;
/** A guest may take this long to start its runtime. */
const defaultEnsureTimeoutMs = 150_000;
/** Longest status word and longest sentence of a guest that are printed for people. */
const [maxWordLength, maxSentenceLength] = [50, 500];

/** `ping ENDPOINT`: a burst of round trips, one after the other. Never touches the guest's clock. */
export const pingCommand: Command = {
  name: plain`ping`,
  summary: plain`measure round trips; never touches the guest clock`,
  arguments: [endpointRow],
  options: { count: { value: plain`N`, summary: plain`how many; ${defaultPingCount} unless given` } },
  run: async (context) => {
    const count = parseCount(
      context.line.text('count') ?? String(defaultPingCount),
      plain`--count`,
      maxPingCount,
    );
    return withSession(context, async (session, options) => {
      const rttsMs: number[] = [];
      let result = await session.ping(options);
      rttsMs.push(result.rttMs);
      while (rttsMs.length < count) {
        result = await session.ping(options);
        rttsMs.push(result.rttMs);
      }
      const { message, version } = result;
      const rttMs = summarizeRtts(rttsMs);
      const text = plain`${count} round trips: min ${latencyText(rttMs.min)}, median ${latencyText(rttMs.median)}, p99 ${latencyText(rttMs.p99)}, max ${latencyText(rttMs.max)}`;
      printResult(context, { count, message, version, rttMs }, text);
      return exitCodes.done;
    });
  },
};

/** `info ENDPOINT`: the guest's SystemInfo. */
export const infoCommand: Command = {
  name: plain`info`,
  summary: plain`show what the guest is`,
  arguments: [endpointRow],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const info = systemInfoJson(await facetOf(session, 'system').read(options));
      printResult(context, info, jsonText(info, 2));
      return exitCodes.done;
    }),
};

/** `runtime ENDPOINT`: the guest's RuntimeStatusResponse. */
export const runtimeCommand: Command = {
  name: plain`runtime`,
  summary: plain`show the state of the container runtime`,
  arguments: [endpointRow],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const status = runtimeStatusJson(await facetOf(session, 'runtime').status(options));
      printResult(context, status, jsonText(status, 2));
      return exitCodes.done;
    }),
};

/** `ensure ENDPOINT`: makes the runtime usable, polling while the guest says `starting`. A runtime that is not ready is a no. */
export const ensureCommand: Command = {
  name: plain`ensure`,
  summary: plain`make the container runtime ready, starting it unless --no-start`,
  arguments: [endpointRow],
  options: { 'no-start': { summary: plain`only look` } },
  run: (context) =>
    withSession(context, async (session, options) => {
      const start = performance.now();
      const progress = progressOn(context.errorScreen);
      const runtime = facetOf(session, 'runtime');
      if (runtime.ensure === undefined) throw missing(session, 'runtime');
      const outcome = await runtime
        .ensure({
          ...options,
          timeoutMs: context.line.timeoutMs ?? defaultEnsureTimeoutMs,
          startIfNeeded: !context.line.flag('no-start'),
          onProgress: ({ elapsedMs, detail }) => {
            progress.tell(elapsedMs, plainText(detail, maxSentenceLength));
          },
        })
        .finally(progress.end);
      const elapsedMs = roundMs(performance.now() - start);
      const status = plainText(outcome.status, maxWordLength);
      printResult(
        context,
        { ...ensureOutcomeJson(outcome), elapsedMs },
        plain`${status} after ${latencyText(elapsedMs)}: ${plainText(outcome.message, maxSentenceLength)}`,
      );
      return outcome.ready ? exitCodes.done : exitCodes.saidNo;
    }),
};

/** `touch ENDPOINT`: tells the guest that it is in use. */
export const touchCommand: Command = {
  name: plain`touch`,
  summary: plain`tell the guest that it is in use, postponing its idle shutdown`,
  arguments: [endpointRow],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const activitySeq = await facetOf(session, 'activity').touch(options);
      printResult(
        context,
        { activitySeq: activitySeq.toString() },
        plain`noted as use number ${activitySeq}`,
      );
      return exitCodes.done;
    }),
};

/** `sync-clock ENDPOINT`: the only command that sets a clock. */
export const syncClockCommand: Command = {
  name: plain`sync-clock`,
  summary: plain`set the guest clock to this host, or to a given time`,
  arguments: [endpointRow],
  options: { at: { value: plain`UNIX_NANOS`, summary: plain`the time to set, in nanoseconds since 1970` } },
  run: async (context) => {
    const at = context.line.text('at');
    if (at !== undefined && !/^\d{1,19}$/.test(at)) {
      throw new AgentError(
        'usage',
        plain`--at must be nanoseconds since the Unix epoch, not ${quoted(at, maxArgumentLength)}.`,
      );
    }
    return withSession(context, async (session, options) => {
      const result = await facetOf(session, 'clock').sync({
        ...options,
        ...(at !== undefined && { unixNanos: BigInt(at) }),
      });
      const { sentUnixNanos, resolution, confirmed } = result;
      const driftBeforeMs = result.driftBeforeMs === null ? null : roundMs(result.driftBeforeMs);
      const drift =
        driftBeforeMs === null
          ? plain`by how much it was off is not known`
          : plain`it was ${clockOffsetText(driftBeforeMs)}`;
      printResult(
        context,
        { sentUnixNanos: sentUnixNanos.toString(), resolution, confirmed, driftBeforeMs },
        plain`clock ${confirmed ? 'set' : 'sent, without confirmation by the agent'}; ${drift}`,
      );
      return exitCodes.done;
    });
  },
};
