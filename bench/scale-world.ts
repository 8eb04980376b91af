import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Session } from "chdb";

/** A desk at scale as Parquet files, made by the engine on the spot: what the speed benchmarks read. */
export interface ScaleWorld {
  readonly customers: number;
  readonly actors: number;
  readonly sightings: number;
  /** Reads of one ticket's work; so many tickets as sightings / this. */
  readonly readsATicket: number;
  readonly rowsAFile: number;
}

export const fullScale: ScaleWorld = {
  customers: 12_000_000,
  actors: 5_000,
  sightings: 250_000_000,
  readsATicket: 14,
  rowsAFile: 25_000_000,
};

export const tenthScale: ScaleWorld = {
  ...fullScale,
  customers: 1_200_000,
  actors: 500,
  sightings: 25_000_000,
  rowsAFile: 5_000_000,
};

/** 184 days from 1 May 2019, in seconds: the founding case's year. */
const spanSeconds = 184 * 86_400;
const start = "toDateTime64('2019-05-01 00:00:00', 3, 'UTC')";

function ticketId(ticket: string): string {
  return `concat('t', leftPad(toString(${ticket}), 8, '0'))`;
}

/**
 * Writes customers.parquet, tickets.parquet, actors.parquet and accesses-NN.parquet into `folder`. Tickets come in time order, one actor
 * works on each, and reads follow the ticket over two days; one read in eight is by somebody else. Popular customers are
 * read more. Everything follows from hashes of row numbers, so the files are the same every time.
 * @returns the accesses files, in the order of time.
 */
export function writeScaleWorld(world: ScaleWorld, folder: string, onFile: (name: string) => void): string[] {
  mkdirSync(folder, { recursive: true });
  const session = new Session(join(folder, "generator"));
  const write = (name: string, rows: string): string => {
    onFile(name);
    const file = join(folder, name);
    session.query(
      `INSERT INTO FUNCTION file('${file}', 'Parquet') ${rows}
       SETTINGS engine_file_truncate_on_insert = 1, output_format_parquet_compression_method = 'zstd'`,
    );
    return file;
  };
  const tickets = Math.ceil(world.sightings / world.readsATicket);
  const customerOf = (ticket: string): string =>
    `concat('c', leftPad(toString(toUInt32(${world.customers} * pow(cityHash64(${ticket}, 1) / 18446744073709551616., 1.7))), 8, '0'))`;
  const actorOf = (hash: string): string =>
    `concat('agent-', leftPad(toString(${hash} % ${world.actors}), 4, '0'))`;
  const opened = (ticket: string): string =>
    `addSeconds(${start}, intDiv(toUInt64(${ticket}) * ${spanSeconds}, ${tickets}))`;
  write(
    "customers.parquet",
    `SELECT concat('c', leftPad(toString(number), 8, '0')) AS id, ['en', 'en', 'en', 'de', 'ja', 'es', 'fr'][1 + cityHash64(number, 2) % 7] AS language,
     'US' AS country, ['consumer', 'consumer', 'consumer', 'business'][1 + cityHash64(number, 3) % 4] AS kind,
     '2015-01-01 00:00:00' AS created FROM numbers(${world.customers})`,
  );
  write(
    "tickets.parquet",
    `SELECT ${ticketId("number")} AS id, ${customerOf("number")} AS customer, ${opened("number")} AS opened,
     addSeconds(opened, 3600 + cityHash64(number, 4) % 400000) AS closed, ${actorOf("cityHash64(number, 5)")} AS assignee, 'phone' AS queue
     FROM numbers(${tickets})`,
  );
  write(
    "actors.parquet",
    `SELECT concat('agent-', leftPad(toString(number), 4, '0')) AS id, 'person' AS kind,
     concat('team-', toString(number % 60)) AS team, 'en' AS language FROM numbers(${world.actors})`,
  );
  const files: string[] = [];
  for (let from = 0; from < world.sightings; from += world.rowsAFile) {
    const rows = Math.min(world.rowsAFile, world.sightings - from);
    files.push(
      write(
        `accesses-${String(files.length).padStart(2, "0")}.parquet`,
        `WITH intDiv(number, ${world.readsATicket}) AS k, cityHash64(number, 6) AS h, h % 8 = 0 AS stray
         SELECT addMilliseconds(${opened("k")}, h % 172800000) AS time,
         if(stray, ${actorOf("cityHash64(number, 7)")}, ${actorOf("cityHash64(k, 5)")}) AS actor, ${customerOf("k")} AS customer,
         ['name;email;phone', 'name;email', 'name', 'name;email;phone;address', 'email'][1 + h % 5] AS fields,
         ['read', 'read', 'read', 'search', 'update'][1 + intDiv(h, 5) % 5] AS action, if(stray, '', ${ticketId("k")}) AS ticket,
         concat(actor, '-', toString(toDate(time))) AS session, concat('10.', toString(cityHash64(actor) % 50), '.0.', toString(cityHash64(actor) % 250)) AS ip,
         'crm' AS source FROM numbers(${from}, ${rows})`,
      ),
    );
  }
  session.close();
  return files;
}
