import type { Server } from "node:net";
import { type Refusal, refusal } from "../../base/index.ts";
import type { ListenOptions } from "./login/index.ts";

/** @returns the port; 0 for a Unix socket. */
export function listenAt(server: Server, listen: ListenOptions): Promise<number | Refusal> {
  return new Promise((resolve) => {
    server.once("error", (error) =>
      resolve(
        refusal("connection", `the gateway can't listen: ${error.message}`, "Choose another gateway.listen."),
      ),
    );
    const listening = (): void => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    };
    if (listen.kind === "unix") server.listen(listen.path, listening);
    else server.listen(listen.port, listen.host, listening);
  });
}
