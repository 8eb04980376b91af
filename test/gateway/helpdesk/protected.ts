import { Client } from "pg";
import { loadCatalog } from "../../../src/capture/index.ts";
import { planner } from "../../../src/capture/gateway/session/index.ts";
import type { Protection, Role } from "../../../src/policy/index.ts";
import type { HelpDesk } from "./desk.ts";

export interface Judged {
  /** Statements that touch something protected, each as often as it was sent. */
  readonly touching: number;
  /** The refused ones among them; they are counted as protected, whatever they touch. */
  readonly refused: readonly string[];
}

/** Asks the gateway's own planner about statements that were sent: what it says to each text doesn't depend on when it is asked. */
export async function classify(
  { database, login, postgres }: HelpDesk,
  { protection, role }: { readonly protection: Protection; readonly role: Role },
  statements: readonly string[],
): Promise<Judged> {
  const { host, owner, port } = postgres;
  const client = new Client({ host, port, user: owner.user, database });
  await client.connect();
  try {
    const asText = { getTypeParser: () => (value: unknown) => value };
    const catalog = await loadCatalog(async (text) => {
      const { rows } = await client.query<(string | null)[]>({ text, rowMode: "array", types: asText });
      return rows;
    }, "idle");
    const plan = planner();
    const context = {
      catalog,
      searchPath: [login.user, "public"],
      protection,
      role,
      actor: login.user,
    };
    let touching = 0;
    const refused: string[] = [];
    for (const text of statements) {
      const planned = plan(text, context);
      if ("kind" in planned) {
        touching++;
        refused.push(text);
      } else if (planned.some((one) => one.plan.protected)) touching++;
    }
    return { touching, refused };
  } finally {
    await client.end();
  }
}
