import { expect, it } from "vitest";
import { unboundRole } from "../../../policy/role.testing.ts";
import { Identities, type Identity } from "./identity.ts";

const role = { ...unboundRole, name: "pool", export: false };
const of = (actor: string): Identity => ({
  reader: { actor, role: "pool", session: "s", ip: "127.0.0.1", application: "" },
  role,
  ticket: null,
  expires: null,
});

it("whoever was named after a naming that the server skipped stays named", () => {
  const identities = new Identities(of("pool"));
  const skipped = identities.set(of("anna"), false, 1);
  const named = identities.set(of("ben"), false, 2);
  skipped.undo();
  expect(identities.current.reader.actor).toBe("ben");
  named.settle();
  expect(identities.current.reader.actor).toBe("ben");
});

it("who a session stands for is unsure while an earlier pipeline may fail to name them, and whoever may be is suspended with it", () => {
  const identities = new Identities(of("pool"));
  const naming = identities.set(of("anna"), false, 1);
  expect([identities.isUnsure(1), identities.isUnsure(2)]).toEqual([false, true]);
  expect(identities.actors).toContain("anna");
  naming.undo();
  expect([identities.isUnsure(2), identities.current.reader.actor]).toEqual([false, "pool"]);
});

it("a naming for one transaction ends with it", () => {
  const identities = new Identities(of("pool"));
  identities.set(of("anna"), false, 1).settle();
  identities.set(of("ben"), true, 1).settle();
  expect(identities.current.reader.actor).toBe("ben");
  identities.transactionEnded();
  expect(identities.current.reader.actor).toBe("anna");
});
