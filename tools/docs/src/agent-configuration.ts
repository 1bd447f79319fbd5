import { agentOptions, flagOf } from "@heddle/agent/options";

const introduction = `# Configuration of the agent

Every option can be given in a YAML file, by its name, and on the command line, by its flag. The command line counts
before the file, and the file before the default. An unknown option or an impossible value is refused before anything is
touched, and the refusal names the option.

\`\`\`sh
heddle agent --config /etc/heddle/agent.yaml --log-level debug
\`\`\`

\`\`\`yaml
# /etc/heddle/agent.yaml
objects: /etc/heddle/objects
devices: [eth0, eth1] # on the command line: --devices eth0,eth1
maxConnections: 262144
\`\`\`
`;

const environment = `## Environment

The commands that talk to an agent or look at what it pinned take \`HEDDLE_SOCKET\` for \`--socket\` and
\`HEDDLE_PIN_ROOT\` for \`--pin-root\`; \`heddle agent\` takes them too.
`;

/** The page about the agent's options, as the schema that validates them describes them. */
export function describeConfiguration(): string {
  const options = Object.entries(agentOptions).map(
    ([name, { placeholder, doc, shownDefault }]) => `### ${name}

${doc}

- Flag: \`${flagOf(name)} <${placeholder}>\`
- Default: ${shownDefault}
`,
  );
  return [introduction, "## Options\n", ...options, environment].join("\n");
}
