import type { Line } from "./conversation.ts";

/**
 * A trace is text. "#" begins a comment. Every message is two lines: who sent it ("F" the client, "B" the server) with its
 * name and its decoded fields as JSON, then its bytes in hexadecimal, indented.
 */
export interface TraceEntry {
  readonly from: "frontend" | "backend";
  readonly text: string;
  readonly bytes: Buffer;
}

/** Blocks that are printable ASCII are shown as they are, others as hexadecimal. */
function shown(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "Buffer") return value;
  if (!("data" in value) || !Array.isArray(value.data)) return value;
  const block = Buffer.from(value.data as readonly number[]);
  return block.every((byte) => byte >= 0x20 && byte < 0x7f) ? `=${block.toString("latin1")}` : `x${block.toString("hex")}`;
}

export function describeLine(line: Line): string {
  const { from, kind, ...fields } = line.message;
  const body = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields, shown)}`;
  return `${from === "frontend" ? "F" : "B"} ${kind}${body}`;
}

export function writeTrace(comment: string, lines: readonly Line[]): string {
  const body = lines.map((line) => `${describeLine(line)}\n  ${hexLines(line.bytes)}\n`);
  return `# ${comment}\n${body.join("")}`;
}

function hexLines(bytes: Buffer): string {
  return (bytes.toString("hex").match(/.{1,96}/g) ?? []).join("\n  ");
}

export function readTrace(text: string): readonly TraceEntry[] {
  const entries: { from: "frontend" | "backend"; text: string; hex: string }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line === "") continue;
    const last = entries.at(-1);
    if (line.startsWith("  ") && last !== undefined) last.hex += line.trim();
    else entries.push({ from: line.startsWith("F") ? "frontend" : "backend", text: line, hex: "" });
  }
  return entries.map((entry) => ({ from: entry.from, text: entry.text, bytes: Buffer.from(entry.hex, "hex") }));
}
