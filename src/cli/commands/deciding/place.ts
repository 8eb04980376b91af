import type { LogPlace } from "../../../serve/index.ts";
import { type Invocation, tell } from "../../invocation.ts";

/** Where the log is that a command works on. */
export function placeOf(invocation: Invocation): LogPlace {
  const { options, clock } = invocation;
  return {
    data: options.data,
    ...(options.config === undefined ? {} : { config: options.config }),
    clock,
    onEvent: (text) => tell(invocation, text),
  };
}
