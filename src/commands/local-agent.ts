import type { CommandContext, CommandFamily } from './context.ts';

/** Commands that run the bundled agent on this machine. */
export function localAgentCommands(
  context: CommandContext,
): CommandFamily<'sandlight.startLocalAgent' | 'sandlight.stopLocalAgent'> {
  return {
    'sandlight.startLocalAgent': () => {
      context.startLocalAgent();
    },
    'sandlight.stopLocalAgent': () => {
      context.localAgent.stop();
    },
  };
}
