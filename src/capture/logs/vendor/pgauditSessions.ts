import type { AuditEntry } from "./pgauditEntry.ts";

/** Sessions, and statements within one, that are remembered at a time; the longest unseen is forgotten first. */
const rememberedSessionsMax = 4096;
const rememberedStatementsMax = 256;
/** Customers remembered of one statement: a longer list can only be told twice, not lost. */
const rememberedKeysMax = 10_000;

interface Remembered {
  readonly statement: string | null;
  readonly parameters: readonly string[] | null;
  readonly told: Set<string>;
}

interface Session {
  statementId: string;
  readonly statements: Map<string, Remembered>;
}

/**
 * pgaudit tells of one statement in several entries: one a relation (log_relation), one of SESSION and one of OBJECT
 * auditing, and with log_statement_once only the first holds the text. This remembers, session by session, the text
 * and what was already told.
 */
export class SessionStatements {
  readonly #sessions = new Map<string, Session>();

  /** The entry with the text and parameters that an earlier one of the same statement held. */
  completed(session: string, entry: AuditEntry): AuditEntry {
    const known = this.#session(session, entry.statementId).statements;
    const before = known.get(entry.substatementId);
    if (entry.saidBefore)
      return { ...entry, statement: before?.statement ?? null, parameters: before?.parameters ?? null };
    if (before?.statement !== entry.statement) {
      forgetOldest(known, rememberedStatementsMax);
      const { statement, parameters } = entry;
      known.set(entry.substatementId, { statement, parameters, told: before?.told ?? new Set() });
    }
    return entry;
  }

  /** Whether this is the first time that the statement gives this row. */
  isFresh(session: string, entry: AuditEntry, row: string): boolean {
    const told = this.#session(session, entry.statementId).statements.get(entry.substatementId)?.told;
    if (told === undefined) return true;
    if (told.has(row)) return false;
    if (told.size < rememberedKeysMax) told.add(row);
    return true;
  }

  #session(id: string, statementId: string): Session {
    const found = this.#sessions.get(id);
    if (found?.statementId === statementId) return found;
    this.#sessions.delete(id);
    forgetOldest(this.#sessions, rememberedSessionsMax);
    const fresh: Session = { statementId, statements: new Map() };
    this.#sessions.set(id, fresh);
    return fresh;
  }
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
}
