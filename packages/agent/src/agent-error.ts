import { CodedError } from "@heddle/contracts";

/**
 * - `running-already`: another agent serves this node.
 * - `socket-unusable`: the socket of the API cannot be opened.
 * - `not-reachable`: no agent answers at the socket, or it went away.
 * - `bad-answer`: the agent refused what it was asked, or answered what this release does not understand.
 */
export type AgentErrorCode = "running-already" | "socket-unusable" | "not-reachable" | "bad-answer";

/** An agent that cannot run, or cannot be asked. */
export class AgentError extends CodedError<AgentErrorCode> {}
