import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Witness } from "./witness.ts";

/** The longest request body, in bytes: a checkpoint with many signatures and 63 proof lines. */
export const requestBytesMax = 65_536;
/** Milliseconds that a request may take to arrive. */
const requestMillisMax = 10_000;

/** The HTTP side of a witness: `POST /add-checkpoint` (C2SP tlog-witness), and its key at `GET /vkey`. Not yet listening. */
export function witnessServer(witness: Witness, vkey: string): Server {
  const server = createServer((request, response) => {
    void answer(witness, vkey, { request, response });
  });
  server.requestTimeout = requestMillisMax;
  server.headersTimeout = requestMillisMax;
  return server;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(witness: Witness, vkey: string, { request, response }: Exchange): Promise<void> {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
  };
  const plain = "text/plain; charset=utf-8";
  try {
    if (request.method === "GET" && request.url === "/vkey") return send(200, plain, `${vkey}\n`);
    if (request.method !== "POST" || request.url !== "/add-checkpoint")
      return send(404, plain, "POST /add-checkpoint\n");
    const body = await bodyOf(request);
    if (body === null) return send(413, plain, `more than ${requestBytesMax} bytes\n`);
    const { status, type, body: text } = await witness.addCheckpoint(body);
    return send(status, type, text);
  } catch {
    // Nothing was cosigned, or it could not be written down: the log must not take this for an answer.
    if (!response.headersSent) send(500, plain, "the witness could not answer\n");
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > requestBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
