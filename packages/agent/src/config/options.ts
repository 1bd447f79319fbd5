/**
 * What can be configured of the agent, for those who describe it; loads nothing of the agent itself.
 *
 * @module
 */
export { type AgentConfig, type AgentOption, agentOptions, flagOf } from "./agent-config.ts";
