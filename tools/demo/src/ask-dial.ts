import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { toError } from "@heddle/contracts";
import type { DialResult, DialTarget } from "@heddle/lab";

/** Milliseconds that an answer may take. */
const timeout = 1000;

/** Asks the built-in server behind a control socket to dial a target. Never rejects. */
export async function askDial(control: string, target: DialTarget): Promise<DialResult> {
  const query = new URLSearchParams({
    host: target.host,
    port: String(target.port),
    protocol: target.protocol,
    timeout: String(timeout),
  });
  try {
    const asked = request({ socketPath: control, path: `/dial?${query.toString()}` }).end();
    const [response] = await once(asked, "response");
    return parseResult(JSON.parse(await readAll(response)));
  } catch (error) {
    return { reached: false, error: toError(error).message };
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return text;
}

function parseResult(value: unknown): DialResult {
  const { reached, hostname, client, latency, error }: Record<string, unknown> = Object(value);
  return reached === true
    ? {
        reached,
        hostname: String(hostname),
        client: String(client),
        latency: Number(latency),
      }
    : { reached: false, error: String(error) };
}
