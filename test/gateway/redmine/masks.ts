import type { Field } from "../../../src/policy/index.ts";

/**
 * What has to be decided by hand before Redmine sees contacts masked: it signs people in by itself and keeps their sessions in the database,
 * so it must have its own secrets. The rest of what `whosaw init` proposes stands.
 */
export const unmaskedNames: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  "public.users": {
    login: { class: "identifier", mask: "full" },
    hashed_password: { class: "content", mask: "full" },
    salt: { class: "content", mask: "full" },
  },
  // Telephone numbers stand there beside what isn't anybody's contact, and no name tells which.
  "public.custom_values": { value: { class: "contact", mask: "full" } },
  "public.tokens": { value: { class: "content", mask: "full" } },
};
