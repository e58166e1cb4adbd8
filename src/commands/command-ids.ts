/** Every command of the extension; package.json contributes the same ones. */
export const commandIds = [
  'sandlight.connect',
  'sandlight.disconnect',
  'sandlight.restartConnection',
  'sandlight.addSandbox',
  'sandlight.editSandbox',
  'sandlight.renameSandbox',
  'sandlight.duplicateSandbox',
  'sandlight.removeSandbox',
  'sandlight.refresh',
  'sandlight.ensureRuntime',
  'sandlight.ping',
  'sandlight.syncClock',
  'sandlight.showDetails',
  'sandlight.openPort',
  'sandlight.copyPortAddress',
  'sandlight.copyEndpoint',
  'sandlight.copyRow',
  'sandlight.copyContainerName',
  'sandlight.copyContainerId',
  'sandlight.groupPorts',
  'sandlight.listPorts',
  'sandlight.showLog',
  'sandlight.copyDiagnostics',
  'sandlight.startLocalAgent',
  'sandlight.stopLocalAgent',
  'sandlight.showMenu',
  'sandlight.find',
] as const;

/** One of {@link commandIds}. */
export type CommandId = (typeof commandIds)[number];
