import { describe, expect, it } from 'vitest';
import { decodeMicrosandboxCapture } from '../../../src/agent/microsandbox/capture.ts';
import { encodeCbor, type CborInput } from '../../../src/agent/microsandbox/cbor.ts';
import { encodeMicrosandboxEnvelope } from '../../../src/agent/microsandbox/envelope.ts';
import { remoteErrorOf } from '../../../src/agent/microsandbox/error.ts';
import { encodeMicrosandboxFrame, MicrosandboxFrameDecoder } from '../../../src/agent/microsandbox/frame.ts';
import { readReady } from '../../../src/agent/microsandbox/handshake.ts';
import { decodeMicrosandboxPayload, microsandboxMessage } from '../../../src/agent/microsandbox/messages.ts';

const frame = (t: string, p: Uint8Array): Buffer =>
  encodeMicrosandboxFrame({ id: 0, flags: 0, body: encodeMicrosandboxEnvelope({ v: 9, t, p }) });

const secret = Buffer.from('c0ffee00c0ffee00c0ffee00c0ffee00', 'hex');

const ready = (more: Record<string, CborInput>): Buffer =>
  frame(
    'core.ready',
    encodeCbor({ boot_time_ns: 1, init_time_ns: 2, ready_time_ns: 3, agent_version: '0.7.8', ...more }),
  );

const newest = {
  bulk_transport: { profile: 'dual-port-v1', port: 'agent-bulk', connection_id: secret },
  relay_lease: { max_format: 1 },
  local_transport: { max_format: 1 },
  workload_transport_barrier_version: 2,
  exec_capture_opt_in: true,
  exec_control: { version: 1, endpoint: '/run/exec.sock', connection: secret },
};

describe('core.ready of a newer agent', () => {
  it('is read for what is known, whatever else it says', () => {
    const decoder = new MicrosandboxFrameDecoder();
    decoder.push(ready({ ...newest, exec_control: 'of another form' }));
    const read = readReady(decoder.next()!);
    expect(read).toEqual({
      generation: 9,
      payload: { boot_time_ns: 1n, init_time_ns: 2n, ready_time_ns: 3n, agent_version: '0.7.8' },
    });
  });

  it('is printed without the bytes that give access', () => {
    const capture = decodeMicrosandboxCapture(ready(newest));
    expect(capture.frames[0]?.payload).toMatchObject({
      bulk_transport: { port: 'agent-bulk', connection_id: { $redacted: 16 } },
      exec_control: { version: 1, endpoint: '/run/exec.sock', connection: { $redacted: 16 } },
    });
    expect(JSON.stringify(capture)).not.toContain(secret.toString('hex'));
  });

  it.each([
    ['whose payload cannot be decoded', frame('core.ready', Buffer.concat([encodeCbor(newest), secret]))],
    [
      'whose envelope cannot be decoded',
      encodeMicrosandboxFrame({ id: 0, flags: 0, body: Buffer.concat([encodeCbor(newest), secret]) }),
    ],
  ])('is printed so too: %s', (_what, bytes) => {
    const [printed] = decodeMicrosandboxCapture(bytes).frames;
    expect(printed?.payload).toEqual({ $redacted: expect.any(Number) as unknown });
    expect(JSON.stringify(printed)).not.toContain(secret.toString('hex'));
  });

  it('keeps bytes of the same name elsewhere', () => {
    const capture = decodeMicrosandboxCapture(frame('core.other', encodeCbor({ connection: secret })));
    expect(capture.frames[0]?.payload).toEqual({ connection: { $bytes: secret.toString('hex') } });
  });
});

describe('core.error', () => {
  const errorOf = (payload: Record<string, CborInput>): ReturnType<typeof remoteErrorOf> =>
    remoteErrorOf(decodeMicrosandboxPayload(microsandboxMessage.error, encodeCbor(payload)));

  it.each([
    [
      { kind: 'initialization_failed', message: 'no such user: dev', init_failure: 'user_not_found' },
      'remote_error',
      'The guest could not be set up, saying: no such user: dev. The user that the sandbox is configured with does not exist in its image: name another.',
    ],
    [
      { kind: 'initialization_failed', message: '', init_failure: 'group_not_found' },
      'remote_error',
      'The guest could not be set up, without saying why. The group that the sandbox is configured with does not exist in its image: name another.',
    ],
    [
      { kind: 'initialization_failed', message: 'odd', init_failure: 'unknown' },
      'remote_error',
      'The guest could not be set up, saying: odd',
    ],
    [
      { kind: 'capability_unavailable', message: 'no bulk' },
      'unsupported',
      'The guest lacks what this needs, saying: no bulk',
    ],
    [
      {
        kind: 'invalid_session',
        message: 'gone',
        workload_failure: { attempt_id: 7, disposition: 'recovery_required' },
      },
      'remote_error',
      'The agent answered invalid_session, saying: gone. Stop the sandbox and start it again.',
    ],
    [
      { kind: 'invalid_flags', message: 'x', offending_type: 'core.ping' },
      'remote_error',
      'The agent answered invalid_flags about core.ping, saying: x',
    ],
    [
      { kind: 'unsupported_message_type', message: 'x' },
      'unsupported',
      'The agent answered unsupported_message_type, saying: x',
    ],
    [
      { kind: 'later\u202ekind', message: 'x', init_failure: { of: 'another form' }, workload_failure: 3 },
      'remote_error',
      'The agent answered later kind, saying: x',
    ],
  ])('%j is told with what to do', (payload, code, message) => {
    expect(errorOf(payload)).toMatchObject({ code, message, remote: { kind: payload.kind } });
  });
});
