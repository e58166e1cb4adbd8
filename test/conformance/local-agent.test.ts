import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { bundleProgram } from '../support/bundled-program.ts';
import { startProgram, type RunningProgram } from '../support/programs.ts';
import { tempDir } from '../support/temp-dir.ts';

const editorFile = join(tempDir(), 'editor.mjs');

describe.skipIf(process.platform === 'win32')('the agent that an editor keeps', () => {
  beforeAll(() => {
    bundleProgram('editor-with-agent.ts', editorFile);
  });

  /** An editor whose agent listens, and the path of its socket. */
  async function startEditor(): Promise<{ editor: RunningProgram; socketPath: string }> {
    let socketPath = '';
    const ready = /^arcbox\+unix:\/\/(\/.*)\n/m;
    // The expression is asked with every output, the last time when it holds.
    ready.test = (text) => {
      socketPath = ready.exec(text)?.[1] ?? '';
      return socketPath !== '';
    };
    const editor = await startProgram(process.execPath, [editorFile, resolve('dist/cli.js')], ready);
    onTestFinished(() => editor.stop());
    return { editor, socketPath };
  }

  it('is gone, with the folder of its socket, when the editor is killed', async () => {
    const { editor, socketPath } = await startEditor();
    expect(existsSync(socketPath)).toBe(true);
    await editor.stop();
    await vi.waitFor(() => {
      expect(existsSync(dirname(socketPath))).toBe(false);
    }, 10_000);
    await new Promise<void>((settle, reject) => {
      connect(socketPath)
        .on('error', () => {
          settle();
        })
        .on('connect', () => {
          reject(new Error('it still listens'));
        });
    });
  });
});
