import type { AgentErrorCode } from '../agent/errors.ts';

/** Exit codes of commands that came to an end. */
export const exitCodes = {
  done: 0,
  /** The agent answered, and the answer is no. */
  saidNo: 1,
} as const;

/** Exit code of each error. */
export const errorExitCodes: Readonly<Record<AgentErrorCode, number>> = {
  remote_error: 1,
  unsupported: 1,
  not_permitted: 1,
  invalid_endpoint: 2,
  usage: 2,
  unreachable: 3,
  connection_closed: 3,
  timeout: 4,
  cancelled: 4,
  invalid_frame: 5,
  truncated_frame: 5,
  frame_too_large: 5,
  malformed_payload: 5,
  unexpected_message_type: 5,
  unsolicited_message: 5,
  handshake_failed: 5,
};

/** Exit codes of a program that a signal ended, as shells tell them: 128 and the signal's number. */
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Exit code after a defect of this program, as BSD's sysexits has it. */
export const defectExitCode = 70;
