import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { tellWithButton } from '../host/notify.ts';
import { readSettings } from '../host/settings.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { diagnosticsText, type DiagnosticsEnvironment } from './diagnostics-text.ts';

/** The command that copies a report for a bug tracker. */
export function diagnosticsCommands(context: CommandContext): CommandFamily<'sandlight.copyDiagnostics'> {
  return {
    'sandlight.copyDiagnostics': async () => {
      const text = diagnosticsText(environmentOf(context), context.registry.list(), context.calls);
      await vscode.env.clipboard.writeText(text);
      const message = l10n.t('Diagnostics are in the clipboard. They hold no names, endpoints or paths.');
      if (!(await tellWithButton(message, l10n.t('Open')))) return;
      const document = await vscode.workspace.openTextDocument({ content: text, language: 'markdown' });
      await vscode.window.showTextDocument(document);
    },
  };
}

function environmentOf({ extension, localAgent }: CommandContext): DiagnosticsEnvironment {
  const { version = '' } = extension.packageJSON as { version?: string };
  const { sandboxes, localAgent: agentSettings, discovery, clockSyncOnWake } = readSettings();
  return {
    extensionVersion: version,
    editor: `${vscode.env.appName} ${vscode.version}`,
    nodeVersion: process.version,
    platform: `${process.platform} ${process.arch}`,
    extensionHost: extension.extensionKind === vscode.ExtensionKind.UI ? 'ui' : 'workspace',
    remoteName: vscode.env.remoteName ?? 'none',
    settings: {
      'entries of sandlight.sandboxes': Array.isArray(sandboxes) ? sandboxes.length : 0,
      'sandlight.localAgent.autoStart': agentSettings.autoStart,
      'sandlight.localAgent.dockerSocket is set': agentSettings.dockerSocket !== undefined,
      'sandlight.localAgent.containerdSocket is set': agentSettings.containerdSocket !== undefined,
      'sandlight.discovery.microsandbox': discovery.microsandbox,
      'sandlight.discovery.arcbox': discovery.arcbox,
      'sandlight.clockSync.onWake': clockSyncOnWake,
    },
    localAgent: localAgent.state.phase,
  };
}
