import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that answers at a socket as an agent does. */
export interface FakeAgent extends AsyncDisposable {
  readonly socket: string;
  /** What was asked, in order: `/v1/status`. */
  readonly asked: readonly string[];
  /** Breaks off all streams, as an agent that goes away does. */
  hangUp(): void;
}

/** What is answered at a path: a value, or with `lines` a stream that does not end. */
export type FakeAnswers = Readonly<
  Record<string, { readonly value: unknown } | { readonly lines: readonly unknown[] }>
>;

/** Serves fixed answers by path; without one, a refusal. */
export async function startFakeAgent(answers: FakeAnswers): Promise<FakeAgent> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-cli-"));
  const socket = join(folder, "agent.sock");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push(url);
    answer(response, answers[url.split("?")[0] ?? ""]);
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    socket,
    asked,
    hangUp: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answer(response: ServerResponse, given: FakeAnswers[string] | undefined): void {
  if (given === undefined) {
    response.writeHead(404).end(JSON.stringify({ error: "there is nothing here" }));
  } else if ("value" in given) {
    response.end(JSON.stringify(given.value));
  } else {
    response.flushHeaders();
    for (const line of given.lines) response.write(`${JSON.stringify(line)}\n`);
  }
}
