import { describe, expect, test } from 'vitest';
import { daemonSession } from '../../../../src/agent/arcbox/daemon-session.ts';
import { AgentError } from '../../../../src/agent/errors.ts';
import { MachineSystemInfo, SetupStatus } from '../../../../src/agent/generated/arcbox/v1/daemon.ts';
import { capabilitiesOf, facetOf, type AgentSession } from '../../../../src/agent/session.ts';
import { plain } from '../../../../src/base/text.ts';
import { FakeChannel } from '../fake-channel.ts';

const options = { timeoutMs: 1000 };
const readyPhase = 6;

interface Setup {
  readonly phase?: number;
  readonly vmRunning?: boolean;
  readonly message?: string;
  /** Further fields, as hexadecimal digits. */
  readonly more?: string;
}

/** A session with a daemon of that setup, whose machine answers or not. */
function session(
  { phase = readyPhase, vmRunning = false, message = '', more = '' }: Setup,
  machineAnswers = true,
): AgentSession {
  const channel = new FakeChannel();
  channel.answers['GetSetupStatus'] = () =>
    Buffer.concat([SetupStatus.encode({ phase, vmRunning, message }).finish(), Buffer.from(more, 'hex')]);
  channel.answers['GetSystemInfo'] = () => {
    if (!machineAnswers) throw new AgentError('remote_error', plain`unavailable`);
    return MachineSystemInfo.encode(MachineSystemInfo.create({ hostname: 'vm' })).finish();
  };
  return daemonSession(
    { protocol: 'arcbox-daemon', transport: { kind: 'unix', path: '/x' }, machine: 'work' },
    channel,
  );
}

describe("a daemon's ready phase", () => {
  test.each<[string, Setup, boolean, boolean]>([
    ['with a machine that runs', { vmRunning: true }, true, true],
    ['with a machine that runs, and more', { vmRunning: true, more: '10011801200138014201ff' }, true, true],
    ['of a daemon that tells nothing of its machine, which answers', {}, true, true],
    ['of a daemon that tells nothing of its machine, which does not answer', {}, false, false],
    ['with a host that is set up and no machine', { more: '100118012001' }, true, false],
    ['with tools installed and no machine', { more: '3801' }, true, false],
    ['with a reason of a later schema and no machine', { more: '420178' }, true, false],
  ])('%s', async (_, setup, machineAnswers, isReady) => {
    const status = await facetOf(session(setup, machineAnswers), 'runtime').status(options);
    expect(status).toMatchObject({ containerdReady: isReady, dockerReady: isReady });
    expect(status.services).toEqual([
      {
        name: 'setup',
        status: isReady ? 'ready' : 'not_ready',
        detail: isReady ? 'ready' : 'the daemon is ready, but its machine does not run',
      },
    ]);
  });

  test('keeps what the daemon says, as one bounded line', async () => {
    const message = `storage\u001b[31m is being \u202erecovered ${'x'.repeat(100_000)}`;
    const status = await facetOf(session({ message, more: '3801' }), 'runtime').status(options);
    expect(status.detail).toMatch(
      /^the daemon is ready, but its machine does not run: storage \[31m is being recovered x/,
    );
    expect(status.detail.length).toBeLessThan(3000);
  });
});

test('other phases are not changed by the machine', async () => {
  for (const [phase, word] of [
    [4, 'starting'],
    [10, 'error'],
    [9, 'not_ready'],
    [77, 'not_ready'],
  ] as const) {
    const status = await facetOf(session({ phase, more: '3801' }), 'runtime').status(options);
    expect(status.services).toMatchObject([{ status: word }]);
    expect(status.dockerReady).toBe(false);
  }
});

test('a machine of a daemon offers what the daemon passes on, and says why not the rest', async () => {
  const machine = session({ vmRunning: true });
  expect([...capabilitiesOf(machine)]).toEqual(['system_info', 'runtime_status', 'sync_clock']);
  expect(() => facetOf(machine, 'ports')).toThrow(
    'The ArcBox daemon does not tell ports; they are read from its Docker socket.',
  );
  expect(machine.absent.runtime).toMatch(/takes no request to do so/);
  expect(await facetOf(machine, 'system').read(options)).toMatchObject({ hostname: 'vm' });
});
