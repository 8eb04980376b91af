/** One thing that the doctor looked at. `failed` must be mended, `warned` should be looked at. */
export interface Check {
  /** A closed list: docs/operate/doctor.md names each. */
  readonly name: string;
  readonly status: "ok" | "warned" | "failed";
  readonly says: string;
  /** What to run or write to mend it; null where there is nothing to mend. */
  readonly mend: string | null;
}

export function ok(name: string, says: string): Check {
  return { name, status: "ok", says, mend: null };
}

export function failed(name: string, says: string, mend: string): Check {
  return { name, status: "failed", says, mend };
}

export function warned(name: string, says: string, mend: string): Check {
  return { name, status: "warned", says, mend };
}
