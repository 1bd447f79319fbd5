import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";

const maxRedirects = 5;
/** A mirror that sends nothing for so long is given up, in milliseconds. */
const idleTimeout = 30_000;

/** The bytes at `address`. Honours `http_proxy`, `https_proxy` and `no_proxy`; follows redirects. */
export async function download(address: string): Promise<Buffer> {
  let url = new URL(address);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const answer = await get(url);
    if (typeof answer !== "string") return answer;
    url = new URL(answer, url);
  }
  throw new Error(`${address}: more than ${String(maxRedirects)} redirects`);
}

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The body, or where a redirect points to. */
function get(url: URL): Promise<Buffer | string> {
  const { Agent, get: request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: new Agent({ proxyEnv: process.env }) }, (response) => {
      const { statusCode = 0, headers } = response;
      const redirected = statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
      if (redirected) {
        response.resume();
        resolve(headers.location ?? "");
        return;
      }
      if (statusCode !== 200) {
        response.resume();
        reject(new Error(`${url.href}: HTTP status ${String(statusCode)}`));
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => resolve(Buffer.concat(chunks)));
      response.once("error", reject);
    });
    sent.setTimeout(idleTimeout, () => sent.destroy(new Error(`${url.href}: no answer`)));
    sent.once("error", reject);
  });
}
