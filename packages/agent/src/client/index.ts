/**
 * Asking a running agent over its Unix socket.
 *
 * @module
 */
export type { AgentStatus } from "../agent.ts";
export { AgentError, type AgentErrorCode } from "../agent-error.ts";
export { annotations } from "../annotations.ts";
export type { FlowKind } from "../flow-log/flow-log.ts";
export type { EndpointRow } from "./answers.ts";
export type { RemovalLine } from "./connections.ts";
export type { EventFilter, FlowLine, FlowLineEnd } from "./events.ts";
export type { TableChange, TableRow, TableSummary } from "./table-answers.ts";
export {
  type AgentClient,
  type AgentClientOptions,
  createAgentClient,
  defaultSocket,
} from "./agent-client.ts";
