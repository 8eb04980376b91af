import type { SessionMessage } from "../../../../wire/index.ts";
import { cutName } from "./names.ts";

/** The message with its names as the server understands them, so that the gateway can't take for two what is one there. */
export function cutNames(message: SessionMessage): SessionMessage {
  switch (message.kind) {
    case "Parse":
    case "Bind": {
      const statement = cutName(message.statement);
      if (message.kind === "Parse")
        return statement === message.statement ? message : { ...message, statement };
      const portal = cutName(message.portal);
      const same = statement === message.statement && portal === message.portal;
      return same ? message : { ...message, portal, statement };
    }
    case "Execute": {
      const portal = cutName(message.portal);
      return portal === message.portal ? message : { ...message, portal };
    }
    case "Describe":
    case "Close": {
      const name = cutName(message.name);
      return name === message.name ? message : { ...message, name };
    }
    default:
      return message;
  }
}
