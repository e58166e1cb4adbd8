import { test } from 'vitest';
import { openSandlight } from './workbench.ts';

test('in a German VS Code the reason why an agent cannot be reached is German too', async () => {
  const workbench = await openSandlight({
    language: 'de',
    settings: {
      'sandlight.sandboxes': [{ name: 'web', endpoint: 'arcbox+unix:///nonexistent/agent.sock' }],
    },
  });
  await workbench.row('web, Sandbox, nicht erreichbar').waitFor();
  await workbench.row('Unter diesem Pfad ist nichts vorhanden.').waitFor();
});
