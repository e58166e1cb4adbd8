import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { Logger } from '../base/logger.ts';
import type { PlainText } from '../base/text.ts';
import { readConfiguredSandboxes } from '../sandboxes/sources/settings.ts';
import type { Disposable } from '../base/emitter.ts';
import type { LocalAgent, LocalAgentState } from '../sandboxes/sources/local-agent.ts';
import type { SandboxRegistry } from '../sandboxes/watch/sandbox-registry.ts';
import { readSettings } from './settings.ts';

/** What {@link SandboxSources} works on. */
export interface SourcesDependencies {
  readonly registry: SandboxRegistry;
  readonly localAgent: LocalAgent;
  /** Path of the bundled command line. */
  readonly cliPath: string;
  readonly logger: Logger;
  /** Hears what is wrong with the settings, the bundled agent or discovery, whenever that changes. */
  readonly onProblems: (problems: readonly PlainText[]) => void;
}

/** Keeps the registry's sandboxes as the settings and the bundled agent say. */
export class SandboxSources implements Disposable {
  readonly #dependencies: SourcesDependencies;
  readonly #subscriptions: readonly Disposable[];
  #settingProblems: readonly PlainText[] = [];
  #discoveryProblems: readonly PlainText[] = [];
  #discovery: Disposable | undefined;
  #beginning: NodeJS.Immediate | undefined;

  constructor(dependencies: SourcesDependencies) {
    this.#dependencies = dependencies;
    this.#subscriptions = [
      dependencies.localAgent.onDidChange((state) => {
        this.#takeLocalAgent(state);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('sandlight.sandboxes')) this.#readSandboxes();
        if (change.affectsConfiguration('sandlight.localAgent')) this.#restartLocalAgent();
        if (change.affectsConfiguration('sandlight.discovery')) this.#restartDiscovery();
      }),
    ];
  }

  /**
   * Reads the settings for the first time; with no sandbox in them the bundled agent shows this machine. All of it after
   * this turn, because the first look at the settings and the start of a process take milliseconds of activation.
   */
  start(): void {
    this.#beginning = setImmediate(() => {
      this.#begin();
    });
  }

  #begin(): void {
    const count = this.#readSandboxes();
    this.#takeLocalAgent(this.#dependencies.localAgent.state);
    this.#restartDiscovery();
    if (count === 0 && readSettings().localAgent.autoStart) this.startLocalAgent();
  }

  startLocalAgent(): void {
    const { localAgent, cliPath } = this.#dependencies;
    const { dockerSocket, containerdSocket } = readSettings().localAgent;
    localAgent.start({ cliPath, dockerSocket, containerdSocket });
  }

  dispose(): void {
    clearImmediate(this.#beginning);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#discovery?.dispose();
  }

  #restartDiscovery(): void {
    const { registry, logger } = this.#dependencies;
    this.#discovery?.dispose();
    this.#discoveryProblems = [];
    this.#tellProblems();
    let isOver = false;
    let running: Disposable | undefined;
    this.#discovery = {
      dispose: () => {
        isOver = true;
        running?.dispose();
      },
    };
    void import('../sandboxes/sources/discovery.ts').then(({ startDiscovery }) => {
      if (isOver) return;
      running = startDiscovery(registry, readSettings().discovery, {
        logger,
        onProblems: (problems) => {
          this.#discoveryProblems = problems;
          this.#tellProblems();
        },
      });
    });
  }

  #restartLocalAgent(): void {
    const { localAgent } = this.#dependencies;
    if (localAgent.state.phase === 'stopped') return;
    localAgent.stop();
    this.startLocalAgent();
  }

  /** Returns how many sandboxes the settings hold. */
  #readSandboxes(): number {
    const { registry, logger } = this.#dependencies;
    const { specs, problems } = readConfiguredSandboxes(readSettings().sandboxes);
    registry.setSource('settings', specs);
    for (const problem of problems) logger.warn(problem);
    this.#settingProblems = problems;
    this.#tellProblems();
    return specs.length;
  }

  #takeLocalAgent(state: LocalAgentState): void {
    const { registry } = this.#dependencies;
    if (state.phase === 'running') {
      const { endpoint } = state;
      registry.setSource('local', [{ id: 'local', name: l10n.t('This machine'), endpoint, source: 'local' }]);
      registry.monitor('local')?.connect();
    } else if (state.phase === 'stopped') {
      registry.setSource('local', []);
    }
    void vscode.commands.executeCommand('setContext', 'sandlight.localAgent', state.phase);
    this.#tellProblems();
  }

  #tellProblems(): void {
    const { localAgent, onProblems } = this.#dependencies;
    const { state } = localAgent;
    const agentProblem =
      state.phase === 'failed'
        ? [l10n.t('The agent for this machine is not running: {0}', state.reason)]
        : [];
    onProblems([...this.#settingProblems, ...agentProblem, ...this.#discoveryProblems]);
  }
}
