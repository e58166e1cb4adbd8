import { expect, onTestFinished, test } from 'vitest';
import { MicrosandboxMachine, sandboxName } from '../peers/microsandbox/machine.ts';
import { whyNoMicrosandbox } from '../peers/microsandbox/why-not.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

const skip = whyNoMicrosandbox();

test.skipIf(skip !== undefined)(
  `a real microsandbox is found and shown without being asked for, and runs on${skip ? ` (${skip})` : ''}`,
  async () => {
    const machine = await MicrosandboxMachine.start('0.7.2');
    onTestFinished(() => machine.stop());
    const workbench = await openSandlight({
      env: { MSB_HOME: machine.home },
      settings: { 'sandlight.localAgent.autoStart': false },
    });
    await workbench.row(`${sandboxName}, sandbox, ready`).waitFor();
    await workbench.row(/^Port 8080, published on localhost:\d+, tcp$/).waitFor();
    await workbench.expand('Listening in the guest');
    await workbench.row('Port 8080, 0.0.0.0, published').waitFor();
    await workbench.row('Port 9090, 127.0.0.1, only the guest itself can reach it').waitFor();
    await workbench.expand('System');
    await workbench.row(/^Boot, ready after \d+\.\d\d s: kernel \d+\.\d\d s, init \d+\.\d\d s$/).waitFor();
    await workbench.row('Agent, 0.7.2, generation 7').waitFor();
    await workbench.row(/^Clock, (in step|\d+\.\d s (behind|ahead))$/).waitFor();
    expect(await workbench.statusItem('sandlight.readiness')).toBe(`Sandlight, ${sandboxName}: ready`);
    await workbench.screenshot(screenshotFile('microsandbox'));
    expect(await machine.exec('msb ps -a --format json')).toMatch(/"status": *"Running"/);
  },
  900_000,
);
