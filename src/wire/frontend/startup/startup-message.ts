import { type Codec } from "../../octets/codec.ts";
import { startupFrameBytesMax } from "../../octets/limits.ts";

export interface StartupParameter {
  readonly name: string;
  readonly value: string;
}

/**
 * Opens a session in protocol 3.`minor`. The parameters stand in the order in which they came, duplicates included: the
 * server takes the last of two equal names, a careless reader the first, and the difference is somebody else's login.
 */
export interface StartupMessage {
  readonly from: "frontend";
  readonly kind: "StartupMessage";
  readonly minor: number;
  readonly parameters: readonly StartupParameter[];
}

export const protocolMajor = 3;

export const startupMessage: Codec<StartupMessage> = {
  kind: "StartupMessage",
  type: null,
  bytesMin: 4 + 4 + 1,
  bytesMax: startupFrameBytesMax,
  read: (from) => {
    if (from.uint16() !== protocolMajor) from.fail("unsupported_protocol");
    const minor = from.uint16();
    const parameters: StartupParameter[] = [];
    // An empty name ends the list; PostgreSQL, too, refuses a packet that goes on after it.
    for (let name = from.text(); name !== ""; name = from.text())
      parameters.push({ name, value: from.text() });
    return { from: "frontend", kind: "StartupMessage", minor, parameters };
  },
  write: (message, to) => {
    to.uint16(protocolMajor);
    to.uint16(message.minor);
    for (const { name, value } of message.parameters) {
      // Written out, an empty name would end the list and leave the rest to be read as something else.
      if (name === "") to.fail("missing_field");
      to.text(name);
      to.text(value);
    }
    to.uint8(0);
  },
};

/** The value that PostgreSQL uses: that of the last parameter of this name. Null if there is none. */
export function startupParameter(message: StartupMessage, name: string): string | null {
  return message.parameters.findLast((parameter) => parameter.name === name)?.value ?? null;
}

/** The names that come more than once, each told once. */
export function duplicateParameters(message: StartupMessage): readonly string[] {
  const names = message.parameters.map((parameter) => parameter.name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
