import type { StoreOptions } from "../store/index.ts";
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
