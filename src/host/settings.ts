import * as vscode from 'vscode';

/** The settings as they count. All are of machine scope: they belong to the machine the extension runs on. */
export interface Settings {
  /** `sandlight.sandboxes` as it stands; a person may have written anything. */
  readonly sandboxes: unknown;
  readonly localAgent: {
    readonly autoStart: boolean;
    readonly dockerSocket: string | undefined;
    readonly containerdSocket: string | undefined;
  };
  readonly discovery: { readonly microsandbox: boolean; readonly arcbox: boolean };
  readonly clockSyncOnWake: boolean;
}

export function readSettings(): Settings {
  return {
    sandboxes: userValue('sandboxes'),
    localAgent: {
      autoStart: userValue('localAgent.autoStart') !== false,
      dockerSocket: path(userValue('localAgent.dockerSocket')),
      containerdSocket: path(userValue('localAgent.containerdSocket')),
    },
    discovery: {
      microsandbox: userValue('discovery.microsandbox') !== false,
      arcbox: userValue('discovery.arcbox') !== false,
    },
    clockSyncOnWake: userValue('clockSync.onWake') === true,
  };
}

/**
 * Replaces the user's `sandlight.sandboxes` by what `change` makes of it. It is read at this moment, so that what was written
 * there by hand while somebody answered questions stays.
 */
export async function changeSandboxes(change: (setting: unknown) => readonly unknown[]): Promise<void> {
  await vscode.workspace
    .getConfiguration('sandlight')
    .update('sandboxes', change(userValue('sandboxes')), vscode.ConfigurationTarget.Global);
}

/**
 * What the user set, never what a workspace says: these settings choose what is connected to and executed. VS Code leaves
 * workspace values of machine scope out by itself; this does not rely on it.
 */
function userValue(key: string): unknown {
  return vscode.workspace.getConfiguration('sandlight').inspect(key)?.globalValue;
}

function path(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
