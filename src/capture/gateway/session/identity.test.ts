import { expect, it } from "vitest";
import { unboundRole } from "../../../policy/role.testing.ts";
import { Identities, type Identity, type Naming } from "./identity.ts";

const role = { ...unboundRole, name: "pool", export: false };
const of = (actor: string): Identity => ({
  reader: { actor, role: "pool", session: "s", ip: "127.0.0.1", application: "" },
  role: () => role,
  ticket: null,
  expires: null,
});

const naming = (actor: string): Naming => ({ identity: of(actor), mark: actor });

it("whoever was named after a naming that the server skipped stays named", () => {
  const identities = new Identities(of("pool"));
  const skipped = identities.set(naming("anna"), 1);
  const named = identities.set(naming("ben"), 2);
  skipped.undo();
  expect(identities.current.reader.actor).toBe("ben");
  named.settle();
  expect(identities.current.reader.actor).toBe("ben");
});

it("who a session stands for is unsure while an earlier pipeline may fail to name them", () => {
  const identities = new Identities(of("pool"));
  const anna = identities.set(naming("anna"), 1);
  expect([identities.isUnsure(1), identities.isUnsure(2)]).toEqual([false, true]);
  anna.undo();
  expect([identities.isUnsure(2), identities.current.reader.actor]).toEqual([false, "pool"]);
});

it("the server says who stays named, and until it is certain whoever may be is suspended with the session", () => {
  const identities = new Identities(of("pool"));
  const all = (): readonly string[] => identities.all.map(({ reader }) => reader.actor);
  expect(identities.areKept).toBe(false);
  identities.set(naming("anna"), 1).settle();
  identities.set(naming("ben"), 1).settle();
  expect([identities.areKept, ...all()]).toEqual([true, "pool", "anna", "ben"]);
  identities.stands("anna", false);
  expect([identities.current.reader.actor, ...all()]).toEqual(["anna", "pool", "anna", "ben"]);
  identities.stands("anna", true);
  expect(all()).toEqual(["pool", "anna"]);
  expect(() => identities.stands("ben", true)).toThrow(/mark/);
  identities.stands("", true);
  expect([identities.current.reader.actor, ...all()]).toEqual(["pool", "pool"]);
});
