import type { Field } from "../../../src/policy/index.ts";

/**
 * What has to be decided by hand before an application that signs people in by itself sees contacts masked: it compares the password and
 * looks people up by their login, so it must have both. The rest of what `whosaw init` proposes stands.
 */
export const unmaskedNames: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  "public.users": {
    name: { class: "identifier", mask: "full" },
    password: { class: "content", mask: "full" },
    authtoken: { class: "content", mask: "full" },
  },
};
