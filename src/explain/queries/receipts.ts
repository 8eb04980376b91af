import { liveImportMin, liveIndexSql } from "../../store/index.ts";

/** Where the log tells of some imports; an import from before there was a log, or without one, has none. Parameter: imports. */
export const importPlaces: string = `
  SELECT import, file, log, entry FROM imports FINAL WHERE import IN {imports:Array(UInt32)} AND entry >= 0 ORDER BY import`;

/** The imports that some actors' sightings came in with. Parameters: actors, since, until. */
export const actorImports: string = `
  SELECT DISTINCT import FROM sightings
  WHERE actor IN {actors:Array(String)} AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}`;

/** The log that live sightings came from. */
export const liveLog: string = "SELECT log FROM live_shipped ORDER BY version DESC LIMIT 1";

/** The gateway's entries that some actors' sightings stand in. Parameters: actors, since, until. */
export const actorLive: string = `
  SELECT min(entry) AS first, max(entry) AS last, uniqExact(entry) AS entries FROM (
    SELECT ${liveIndexSql()} AS entry FROM sightings
    WHERE actor IN {actors:Array(String)} AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
      AND import >= ${liveImportMin})
  HAVING entries > 0`;
