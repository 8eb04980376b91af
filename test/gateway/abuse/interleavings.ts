import * as fc from "fast-check";
import { fieldsOf, type Message, say } from "../bytes.ts";
import { type Address, dial, type RawClient } from "../client.ts";
import {
  guardedMaterial,
  harmlessMaterial,
  sharedMaterial,
  type Material,
  parametersOf,
  type Said,
  saying,
  whole,
} from "./said.ts";

const names = ["", "", "n"];

const pipelined = ({ statements }: Material): fc.Arbitrary<Said> =>
  fc
    .tuple(
      fc.constantFrom(...statements),
      fc.constantFrom(0, 0, 1, 2),
      fc.boolean(),
      fc.constantFrom([], [], [0], [1]),
    )
    .map(([text, rows, describe, formats]) => whole(text, { rows, describe, formats }));

/** A portal that waits for its Executes. */
const named = ({ statements }: Material): fc.Arbitrary<Said> =>
  fc
    .tuple(fc.constantFrom(...statements), fc.constantFrom([], [], [0], [1]))
    .map(([text, formats]) =>
      saying(
        `Parse Bind 'n' (${formats.join()}) ${text}`,
        say.parse(text, "n"),
        say.bind({ portal: "n", statement: "n", parameters: parametersOf(text), formats }),
        say.execute("n", 1),
        say.close("S", "n"),
      ),
    );

const binding: fc.Arbitrary<Said> = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom(...names),
    fc.constantFrom([], [], ["3"]),
    fc.constantFrom([], [], [0], [1]),
  )
  .map(([portal, statement, parameters, formats]) =>
    saying(
      `Bind '${portal}' to '${statement}' (${parameters.join()}; ${formats.join()})`,
      say.bind({ portal, statement, parameters, formats }),
    ),
  );

const describing: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom("S" as const, "P" as const), fc.constantFrom("", "n", "p", "c"))
  .map(([of, n]) => saying(`Describe ${of} '${n}'`, say.describe(of, n)));

const executing: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom("", "n", "c"), fc.constantFrom(0, 1, 2))
  .map(([portal, rows]) => saying(`Execute '${portal}' (${rows})`, say.execute(portal, rows)));

const closing: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom("S" as const, "P" as const), fc.constantFrom("", "n", "p", "c"))
  .map(([of, n]) => saying(`Close ${of} '${n}'`, say.close(of, n)));

const copying: fc.Arbitrary<Said> = fc.constantFrom(
  saying("CopyData CopyDone", say.copyData(Buffer.from("5\n")), say.copyDone()),
  saying("CopyData", say.copyData(Buffer.from("6\n7"))),
  saying("CopyData that is no number, CopyDone", say.copyData(Buffer.from("x\n")), say.copyDone()),
  saying("CopyDone", say.copyDone()),
  saying("CopyFail", say.copyFail("no more")),
);

const slow = "select pg_sleep(20)";
const cancelling: fc.Arbitrary<Said> = fc
  .constantFrom(
    saying(`Query ${slow}`, say.query(slow)),
    saying(`Query begin; ${slow}`, say.query(`begin; ${slow}`)),
    saying(`Parse Bind Execute Flush ${slow}`, say.parse(slow), say.bind(), say.execute(), say.flush()),
  )
  .map(({ bytes, text }) => ({ bytes, text: `${text}, cancelled`, cancelled: true }));

const query = (text: string): Said => saying(`Query ${text}`, say.query(text));

function anything(material: Material): fc.Arbitrary<Said> {
  const one = fc.constantFrom(...material.statements);
  const parsing = fc
    .tuple(one, fc.constantFrom(...names))
    .map(([text, n]) => saying(`Parse '${n}' ${text}`, say.parse(text, n)));
  return fc.oneof(
    { weight: 40, arbitrary: one.map(query) },
    { weight: 8, arbitrary: fc.constantFrom(...material.batches).map(query) },
    { weight: 60, arbitrary: pipelined(material) },
    { weight: 20, arbitrary: named(material) },
    { weight: 20, arbitrary: parsing },
    { weight: 16, arbitrary: binding },
    { weight: 10, arbitrary: describing },
    { weight: 20, arbitrary: executing },
    { weight: 8, arbitrary: closing },
    { weight: 70, arbitrary: fc.constant(saying("Sync", say.sync())) },
    { weight: 10, arbitrary: fc.constant(saying("Flush", say.flush())) },
    { weight: 12, arbitrary: copying },
    { weight: 1, arbitrary: cancelling },
  );
}

const conversation = (material: Material): fc.Arbitrary<readonly Said[]> =>
  fc.array(anything(material), { minLength: 3, maxLength: 25 });

/** Of nobody's data: what the bare server says, the gateway says too. */
export const harmlessConversations: fc.Arbitrary<readonly Said[]> = conversation(harmlessMaterial);
export const guardedConversations: fc.Arbitrary<readonly Said[]> = conversation(guardedMaterial);
/** With tables that all sessions share, made and dropped meanwhile. */
export const sharedConversations: fc.Arbitrary<readonly Said[]> = conversation(sharedMaterial);

/** What came back, and whether the connection was still good for a statement afterwards. */
export interface Heard {
  readonly messages: readonly Message[];
  readonly works: boolean;
}

/** Ends COPY, pipeline and transaction, and waits until nothing more is to come. @returns whether it came to that. */
async function calmed(client: RawClient, word: string): Promise<boolean> {
  const from = client.messages.length;
  client.send(say.copyFail("over"), say.sync(), say.query("rollback"), say.query(`select '${word}'`));
  const said = (): boolean =>
    client.messages.at(-1)?.type === "Z" &&
    client.messages.slice(from).some(({ type, body }) => type === "D" && body.includes(word));
  const deadline = Date.now() + 60_000;
  while (!said() && !client.closed && Date.now() < deadline) await client.listen(5);
  return said();
}

/** Says it where nothing else runs, and cancels until that ends it: on a busy machine it may not run yet when the first cancel comes. */
async function cancel(client: RawClient, address: Address, { bytes }: Said): Promise<void> {
  if (!(await calmed(client, "quiet now"))) return;
  const { length } = client.messages;
  const ended = (): boolean =>
    client.closed || client.messages.slice(length).some(({ type }) => type === "E");
  client.send(...bytes);
  for (let tries = 1; tries <= 8; tries++) {
    for (let times = 0; times < 6 * tries && !ended(); times++) await client.listen(5);
    if (ended()) return;
    const { pid = 0, secret = Buffer.alloc(4) } = client.key ?? {};
    const other = await dial(address);
    other.send(say.cancel(pid, secret));
    await other.listen(2000);
    other.destroy();
  }
}

/** Says it all, in pieces of this many messages, and looks whether the session goes on. */
export async function converse(
  client: RawClient,
  address: Address,
  all: readonly Said[],
  piece: number,
): Promise<Heard> {
  const from = client.messages.length;
  for (let at = 0; at < all.length;) {
    const next = all[at];
    if (next?.cancelled === true) {
      await cancel(client, address, next);
      at++;
      continue;
    }
    const cancels = all.findIndex((one, index) => index >= at && one.cancelled === true);
    const end = Math.min(at + piece, cancels < 0 ? all.length : cancels);
    client.send(...all.slice(at, end).flatMap(({ bytes }) => bytes));
    if (end < all.length) await client.listen(3);
    at = end;
  }
  const works = await calmed(client, "the end");
  return { messages: client.messages.slice(from), works };
}

/** A message in words that two servers' sessions agree on: an error's code, a description without oids. */
export function inWords({ type, body }: Message): string {
  if (type === "E" || type === "N") return `${type} ${fieldsOf(body).get("C")}`;
  if (type !== "T") return `${type} ${body.toString("latin1")}`;
  const columns: string[] = [];
  for (let at = 2, left = body.readUInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    columns.push(`${body.toString("utf8", at, end)} ${body.toString("hex", end + 7, end + 19)}`);
    at = end + 19;
  }
  return `T ${columns.join(", ")}`;
}
