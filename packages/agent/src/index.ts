/**
 * The node agent: Heddle's packages composed. Put it together with {@link createAgent}, run it as a process
 * with {@link runAgent}, and replace any of its parts by {@link tokens}.
 *
 * Asking a running agent is `@heddle/agent/client`, which loads nothing of it.
 *
 * @module
 */
export {
  type Agent,
  agentModules,
  type AgentOptions,
  type AgentStatus,
  createAgent,
} from "./agent.ts";
export { AgentError, type AgentErrorCode } from "./agent-error.ts";
export { annotations } from "./annotations.ts";
export type { Answer, Handler, Query, Routes } from "./api/routes.ts";
export { AnnotationError, clusterNode, endpointRequest, isConnectedBy } from "./cluster.ts";
export * from "./composition/index.ts";
export { type AgentConfig, type AgentOption, agentOptions, flagOf } from "./config/agent-config.ts";
export { ConfigError, type ConfigErrorCode } from "./config/config-error.ts";
export { readConfig } from "./config/read-config.ts";
export type { FlowKind, FlowLog } from "./flow-log/flow-log.ts";
export type { FlowEnd, FlowRecord } from "./flow-log/flow-record.ts";
export { type AgentTokens, tokens } from "./modules/tokens.ts";
export { runAgent } from "./run-agent.ts";
