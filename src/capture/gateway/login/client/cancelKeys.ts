import { randomBytes, randomInt } from "node:crypto";
import { defect } from "../../../../base/index.ts";
import { sameBytes } from "../scram/verifier.ts";

/** Bytes of a key of ours: what PostgreSQL 18 sends, and the only length that protocol 3.0 knows. */
const keyBytes32 = 32;
const keyBytes30 = 4;
const processIdCeiling = 0x7fff_ffff;

/**
 * Sends the cancel to the server. It asks `stillWanted` as late as it can, just before it writes, and resolves when the server
 * has taken it (closed the connection) or it was given up; it never rejects.
 */
export type SendCancel = (stillWanted: () => boolean) => Promise<void>;

/**
 * One session's key. A cancel takes effect on whatever the server runs when it arrives, so the session says when a statement
 * runs, and sends no further one while a cancel is under way: then a late cancel can hit nothing, not even the same client's next.
 */
export class CancelKey {
  readonly processId: number;
  readonly key: Buffer;
  readonly #send: SendCancel;
  #running = false;
  #released = false;
  #underWay: Promise<void> | null = null;

  constructor(processId: number, key: Buffer, send: SendCancel) {
    this.processId = processId;
    this.key = key;
    this.#send = send;
  }

  /** Null, or what to wait for before the next statement is sent. */
  get settled(): Promise<void> | null {
    return this.#underWay;
  }

  /** Statements are at the server from now on. */
  started(): void {
    if (this.#underWay !== null && !this.#running)
      defect("a statement was sent while a cancel was under way");
    this.#running = true;
  }

  /** The server has answered all of them. A cancel that hasn't been written yet is given up. */
  finished(): void {
    this.#running = false;
  }

  /** The session is over. */
  released(): void {
    this.#running = false;
    this.#released = true;
  }

  /** Somebody showed the key. One cancel at a time: a second has nothing to add. */
  async cancel(): Promise<void> {
    if (this.#released || !this.#running) return;
    this.#underWay ??= this.#send(() => this.#running).finally(() => {
      this.#underWay = null;
    });
    await this.#underWay;
  }
}

/** The gateway's own cancel keys: a client never learns the server's. */
export class CancelKeys {
  readonly #byProcess: Map<number, CancelKey> = new Map();
  readonly #elsewhere: (processId: number, key: Buffer) => Promise<boolean>;

  /** @param elsewhere asked for a key that isn't here: of a session in another process. */
  constructor(elsewhere: (processId: number, key: Buffer) => Promise<boolean> = nowhere) {
    this.#elsewhere = elsewhere;
  }

  get size(): number {
    return this.#byProcess.size;
  }

  /**
   * A key for a session of protocol 3.`minor`. @param serverProcessId the server's own number for it, which clients compare with
   * pg_backend_pid(): it is kept if no other session has it.
   */
  issue(minor: number, send: SendCancel, serverProcessId = 0): CancelKey {
    let processId = serverProcessId > 0 ? serverProcessId : randomInt(1, processIdCeiling);
    while (this.#byProcess.has(processId)) processId = randomInt(1, processIdCeiling);
    const key = new CancelKey(processId, randomBytes(minor >= 2 ? keyBytes32 : keyBytes30), send);
    this.#byProcess.set(processId, key);
    return key;
  }

  release(key: CancelKey): void {
    key.released();
    this.#byProcess.delete(key.processId);
  }

  /** A CancelRequest came. @returns whether the key was right; what it led to is not told, and the client isn't told either. */
  async request(processId: number, key: Buffer): Promise<boolean> {
    return (await this.requestHere(processId, key)) || this.#elsewhere(processId, key);
  }

  /** As `request`, for this process's sessions alone. */
  async requestHere(processId: number, key: Buffer): Promise<boolean> {
    const found = this.#byProcess.get(processId);
    if (found === undefined || !sameBytes(found.key, key)) return false;
    await found.cancel();
    return true;
  }
}

async function nowhere(): Promise<boolean> {
  return false;
}
