import { expect, onTestFinished, test } from 'vitest';
import { startDockerPeer, whyNoDocker } from '../peers/docker/dockerd.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

const skip = await whyNoDocker();

test.skipIf(skip !== undefined)(
  `a container of a real Docker engine appears with its ports, and goes when it stops${skip ? ` (${skip})` : ''}`,
  async () => {
    const peer = await startDockerPeer();
    onTestFinished(() => peer.remove());
    const workbench = await openSandlight({
      settings: {
        'sandlight.localAgent.dockerSocket': peer.dockerSocket,
        'sandlight.localAgent.containerdSocket': peer.containerdSocket,
      },
    });
    await workbench.row('This machine, sandbox, ready').waitFor();
    await workbench.row('dockerd, service, ready').waitFor();
    await workbench.row('No container publishes a port').waitFor();

    const ports = ['-p', '127.0.0.1:18080:80', '-p', '18081:80'];
    const id = await peer.docker('run', '-d', '--name', 'web1', ...ports, 'web');
    const container = `container ${id.slice(0, 12)}`;
    await workbench.row(`Port 80, published on 127.0.0.1:18080, tcp, ${container}`).waitFor();
    await workbench
      .row(`Port 80, published on 0.0.0.0:18081, tcp, on all IPv4 addresses, ${container}`)
      .waitFor();
    expect(await workbench.statusItem('sandlight.readiness')).toBe('Sandlight, This machine: ready');
    await workbench.screenshot(screenshotFile('docker'));

    await peer.docker('rm', '-f', 'web1');
    await workbench.row('No container publishes a port').waitFor();
  },
);
