import type { Role } from "./role.ts";

const unlimited = { hour: null, day: null };

/** Sees everything in plain, as often as it likes, but changes no table: tests take away or add what they are about. */
export const unboundRole: Role = {
  name: "unbound",
  upstream: "unbound",
  show: { identifier: "plain", contact: "plain", content: "plain", none: "plain" },
  ticketBound: false,
  quotas: { identifier: unlimited, contact: unlimited, content: unlimited },
  hours: null,
  export: true,
  rowsMax: null,
  aggregates: { allow: true, smallestGroup: 1 },
  functions: new Set(),
  channels: new Set(),
  ddl: false,
};
