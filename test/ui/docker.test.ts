import { expect, onTestFinished, test } from 'vitest';
import { startDockerPeer, whyNoDocker } from '../peers/docker/dockerd.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

const skip = await whyNoDocker();

test.skipIf(skip !== undefined)(
  `containers of a real Docker engine appear by name with their ports, are found by name, and go when they stop${skip ? ` (${skip})` : ''}`,
  async () => {
    const peer = await startDockerPeer();
    onTestFinished(() => peer.remove());
    const workbench = await openSandlight({
      settings: {
        'sandlight.localAgent.dockerSocket': peer.dockerSocket,
        'sandlight.localAgent.containerdSocket': peer.containerdSocket,
      },
    });
    const { page, quickInput } = workbench;
    await workbench.row('This machine, sandbox, ready').waitFor();
    await workbench.row('dockerd, service, ready').waitFor();
    await workbench.row('No container publishes a port').waitFor();

    const labels = [
      '--label',
      'com.docker.compose.project=shop',
      '--label',
      'com.docker.compose.service=web',
    ];
    const ports = ['-p', '127.0.0.1:18080:80', '-p', '18081:80'];
    await peer.docker('run', '-d', '--name', 'shop-web-1', ...labels, ...ports, 'web');
    await peer.docker('run', '-d', '--name', 'quiet-box', 'web');
    await workbench.row('shop-web-1, Port 80, published on localhost:18080, tcp').waitFor();
    await workbench.row(/^shop-web-1, Port 80, published on localhost:18081, tcp, all /).waitFor();
    const status = await workbench.statusItem('sandlight.readiness');
    expect(status).toContain('ready');
    await workbench.expand(/^Containers/);
    await workbench.row(/^shop: compose/).waitFor();
    await workbench.row(/^quiet-box, container, running/).waitFor();
    await workbench.screenshot(screenshotFile('docker'));

    await workbench.runCommand('Sandlight: Find in Sandboxes');
    await page.locator('.part.sidebar .monaco-tree-type-filter input').fill('web');
    await page.locator('.part.sidebar .monaco-list-row.focused[aria-label^="shop-web-1"]').waitFor();
    await page.keyboard.press('Escape');
    await workbench.runCommand('Sandlight: Open Port in Browser');
    await quickInput.getByPlaceholder('Which port?').waitFor();
    await quickInput.locator('input[type="text"]').fill('web');
    await quickInput.getByRole('option', { name: 'shop-web-1 localhost:18080' }).waitFor();
    await workbench.screenshot(screenshotFile('port-picker'));
    await page.keyboard.press('Escape');

    await peer.docker('rm', '-f', 'shop-web-1', 'quiet-box');
    await workbench.row('No container publishes a port').waitFor();
  },
);
