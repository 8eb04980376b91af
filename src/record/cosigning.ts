import {
  checkCosignature,
  formatAddCheckpoint,
  parseSignatureLine,
  parseSize,
  parseVerifierKey,
  type Checkpoint,
  type Hash,
  type SignatureLine,
  type VerifierKey,
} from "../tlog/index.ts";
import { refusal, type Refusal } from "../base/index.ts";

/** A witness as the log knows it. */
export interface WitnessAddress {
  /** Its submission prefix: `/add-checkpoint` is put behind it. */
  readonly url: string;
  /** Its verifier key, type 0x04. */
  readonly key: string;
}

/** Asks one witness: the status and the body of its answer. The network as a parameter. */
export type AskWitness = (
  url: string,
  body: string,
) => Promise<{ readonly status: number; readonly body: string }>;

/** Milliseconds that a witness may take to answer. */
export const witnessMillisMax = 5_000;
/** The longest answer read from a witness, in characters. */
const answerCharsMax = 65_536;

export const askByHttp: AskWitness = async (url, body) => {
  const answer = await fetch(`${url.replace(/\/$/, "")}/add-checkpoint`, {
    method: "POST",
    body,
    redirect: "error",
    signal: AbortSignal.timeout(witnessMillisMax),
  });
  return { status: answer.status, body: (await answer.text()).slice(0, answerCharsMax) };
};

interface Known {
  readonly url: string;
  readonly key: VerifierKey;
  /** The size that this witness has cosigned last, as far as the log knows. */
  size: number;
}

/** The log's side of cosigning: who is asked, and what each of them has seen. */
export class Cosigners {
  readonly #witnesses: readonly Known[];
  readonly #ask: AskWitness;

  private constructor(witnesses: readonly Known[], ask: AskWitness) {
    this.#witnesses = witnesses;
    this.#ask = ask;
  }

  static from(addresses: readonly WitnessAddress[], ask: AskWitness = askByHttp): Cosigners | Refusal {
    const known: Known[] = [];
    for (const { url, key: text } of addresses) {
      const key = parseVerifierKey(text);
      if (key === null || key.type !== "cosignature")
        return refusal(
          "usage",
          `the key of the witness at ${url} is not a cosigner's`,
          "ask the witness for its verifier key",
        );
      known.push({ url, key, size: 0 });
    }
    return new Cosigners(known, ask);
  }

  /** Asks every witness at once. Resolves to the good cosignatures; those who don't answer, or answer wrongly, are left out. */
  async cosign(
    checkpoint: Checkpoint,
    prove: (older: number) => Promise<readonly Hash[]>,
  ): Promise<readonly SignatureLine[]> {
    const lines = await Promise.all(this.#witnesses.map((witness) => this.#one(witness, checkpoint, prove)));
    return lines.filter((line) => line !== null);
  }

  async #one(
    witness: Known,
    checkpoint: Checkpoint,
    prove: (older: number) => Promise<readonly Hash[]>,
  ): Promise<SignatureLine | null> {
    try {
      let answer = await this.#submit(witness, checkpoint, prove);
      const size = answer.status === 409 ? parseSize(answer.body.trim()) : null;
      // A witness that has seen more than this checkpoint will cosign a later one.
      if (size !== null && size !== witness.size && size <= checkpoint.size) {
        witness.size = size;
        answer = await this.#submit(witness, checkpoint, prove);
      }
      if (answer.status !== 200) return null;
      const line = goodLine(answer.body, checkpoint, witness.key);
      if (line !== null) witness.size = checkpoint.size;
      return line;
    } catch {
      // Away, too slow, or not a witness: the log records on, and its status says who is missing.
      return null;
    }
  }

  async #submit(
    witness: Known,
    checkpoint: Checkpoint,
    prove: (older: number) => Promise<readonly Hash[]>,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const old = Math.min(witness.size, checkpoint.size);
    const proof = old === 0 || old === checkpoint.size ? [] : await prove(old);
    return this.#ask(witness.url, formatAddCheckpoint({ old, proof, checkpoint }));
  }
}

function goodLine(body: string, checkpoint: Checkpoint, key: VerifierKey): SignatureLine | null {
  for (const text of body.split("\n")) {
    const line = parseSignatureLine(text);
    if (line !== null && checkCosignature({ ...checkpoint.note, signatures: [line] }, key).verdict === "good")
      return line;
  }
  return null;
}
