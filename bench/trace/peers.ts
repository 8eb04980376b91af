import type { Evidence } from "../../src/trace/index.ts";

/** What people do by hand: who had read most of the reporting customers? */
export function hitCounting(evidence: Evidence): ReadonlyMap<string, number> {
  return new Map(
    evidence.channels.filter(({ kind }) => kind === "all").map(({ actor, hits }) => [actor, hits.length]),
  );
}

/**
 * The guilt model of Papadimitriou and Garcia-Molina (IEEE TKDE 23(1), 2011): the reporting customers are taken for the leaked set S,
 * each of whose objects was guessed with probability p or leaked by one of the agents V_t who had it, each alike:
 * Pr{G_i | S} = 1 - prod over t in S and R_i of (1 - (1 - p) / |V_t|).
 */
export function guiltModel(evidence: Evidence, guessed = 0.5): ReadonlyMap<string, number> {
  const channels = evidence.channels.filter(({ kind }) => kind === "all");
  const holders = evidence.reports.map(() => 0);
  for (const { hits } of channels)
    for (const { report } of hits) holders[report] = (holders[report] ?? 0) + 1;
  return new Map(
    channels.map(({ actor, hits }) => {
      const innocent = hits.reduce(
        (product, { report }) => product * (1 - (1 - guessed) / (holders[report] ?? 1)),
        1,
      );
      return [actor, 1 - innocent];
    }),
  );
}

/** Whether a guilty account is alone at the top; a tie with an innocent one names nobody. */
export function topIsGuilty(scores: ReadonlyMap<string, number>, guilty: ReadonlySet<string>): boolean {
  const best = (wanted: boolean): number =>
    Math.max(
      -Infinity,
      ...[...scores].filter(([actor]) => guilty.has(actor) === wanted).map(([, score]) => score),
    );
  return best(true) > best(false);
}
