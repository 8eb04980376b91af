import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const needed: readonly (readonly [string, string])[] = [
  ["/usr/lib/postgresql/15/bin/postgres", "postgresql-15"],
  ["/usr/share/request-tracker5/libexec/standalone_httpd", "request-tracker5"],
  ["/usr/share/request-tracker5/libexec/rt-server", "rt5-standalone"],
  ["/usr/share/perl5/DBD/Pg.pm", "rt5-db-postgresql"],
  ["/usr/bin/chromium", "chromium"],
];

function isHere(path: string): boolean {
  return (
    existsSync(path) || (path.endsWith("Pg.pm") && spawnSync("perl", ["-MDBD::Pg", "-e", "1"]).status === 0)
  );
}

/** Debian packages that this machine lacks for Request Tracker in a browser; none: it can run. */
export function missingPackages(): readonly string[] {
  return needed.filter(([path]) => !isHere(path)).map(([, name]) => name);
}
