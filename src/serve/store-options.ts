import type { StoreEvent, StoreOptions } from "../store/index.ts";
import type { Configuration } from "./configuration/index.ts";

/** Where the configuration says the store is, and how much memory it may use. */
export function storeOptionsOf(
  section: Configuration["store"],
): Pick<StoreOptions, "server" | "memoryBytesMax"> {
  const { url, user, password, database, memoryBytesMax } = section ?? {};
  const server = {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
  };
  return {
    ...(url === undefined ? {} : { server: { url, ...server } }),
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
  };
}

/** What the user should know of the store while it happens. */
export function eventText(event: StoreEvent): string {
  if (event.kind === "put-back") return "a rebuild was interrupted: the store from before it is back";
  if (event.kind === "engine-restarted") return "the store's engine runs again";
  return `the store's engine died (${event.how}); it is started again${event.said === "" ? "" : `\n  its last words: ${event.said}`}`;
}
