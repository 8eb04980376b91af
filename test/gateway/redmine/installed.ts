import { existsSync } from "node:fs";

const needed: readonly (readonly [string, string])[] = [
  ["/usr/lib/postgresql/15/bin/postgres", "postgresql-15"],
  ["/usr/share/redmine/config.ru", "redmine"],
  ["/usr/share/doc/redmine-pgsql", "redmine-pgsql"],
  ["/usr/bin/chromium", "chromium"],
];

/**
 * Debian packages that this machine lacks for Redmine in a browser; none: it can run. Redmine's package sets up a database of its own
 * unless it is told not to: `echo redmine redmine/instances/default/dbconfig-install boolean false | debconf-set-selections`.
 */
export function missingPackages(): readonly string[] {
  return needed.filter(([path]) => !existsSync(path)).map(([, name]) => name);
}
