/** Personal text out of its envelope. It neither prints nor serializes; `reveal()` is the one way in, and can be searched for. */
export class Unsealed {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[sealed]";
  }

  toJSON(): string {
    return "[sealed]";
  }
}
