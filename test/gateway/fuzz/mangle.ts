import type { Dice } from "../random/expressions.ts";
import { frame, type Message } from "../bytes.ts";

/** Lengths that a message may claim: none, too few, all there are, negative. */
const lies = (length: number): readonly number[] => [
  0,
  1,
  3,
  4,
  length - 1,
  length + 1,
  length + 4096,
  0x0010_0000,
  0x4000_0000,
  0x7fff_ffff,
  -1,
  -2_147_483_648,
];

function lied(bytes: Buffer, at: number, dice: Dice): Buffer {
  if (bytes.length < at + 4) return bytes;
  const made = Buffer.from(bytes);
  made.writeInt32BE(dice.pick(lies(made.readInt32BE(at))), at);
  return made;
}

function junk(dice: Dice): Buffer {
  return Buffer.from(Array.from({ length: 1 + dice.below(40) }, () => dice.below(256)));
}

function flipped(bytes: Buffer, dice: Dice, from = 0): Buffer {
  if (bytes.length <= from) return bytes;
  const made = Buffer.from(bytes);
  const at = from + dice.below(made.length - from);
  made[at] = dice.once(2) ? made[at]! ^ (1 << dice.below(8)) : dice.below(256);
  return made;
}

function without(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(8))]);
}

function withJunk(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), junk(dice), bytes.subarray(at)]);
}

/** What a client's messages become on the way: bits, bytes, lengths and whole messages, once to five times. */
export function mangledFrames(frames: readonly Buffer[], dice: Dice): readonly Buffer[] {
  let all = [...frames];
  for (let times = 1 + dice.below(5); times > 0 && all.length > 0; times--) {
    const at = dice.below(all.length);
    const one = all[at] ?? Buffer.alloc(0);
    const put = (...instead: readonly Buffer[]): void => void all.splice(at, 1, ...instead);
    const ways: readonly (() => void)[] = [
      () => put(flipped(one, dice)),
      () => put(flipped(one, dice, 5)),
      () => put(flipped(one, dice, 5)),
      () => put(without(one, dice)),
      () => put(withJunk(one, dice)),
      () => put(lied(one, 1, dice)),
      () => put(lied(one, 1 + dice.below(Math.max(1, one.length)), dice)),
      () => put(),
      () => put(one, one),
      () => put(one.subarray(0, dice.below(one.length + 1))),
      () => put(junk(dice), one),
      () => put(one, all[dice.below(all.length)] ?? one),
      () => {
        all = [...all.slice(0, at), ...all.slice(at + 1), one];
      },
    ];
    dice.pick(ways)();
  }
  return all;
}

/** Types of server messages, known and not. */
const types = "RSKZ123CTDEInstNAGHWcdVvs~\0";

/** The body of a row, or of anything else that counts its parts, wrong in its counts and lengths but not in its values. */
function misCounted(body: Buffer, dice: Dice): Buffer {
  const made = Buffer.from(body);
  if (made.length >= 2 && dice.once(2)) made.writeInt16BE(dice.pick([0, 1, 2, 3, 100, -1]), 0);
  else if (made.length >= 6) return lied(made, 2, dice);
  return made;
}

/**
 * What a server's message becomes. Rows and COPY's lines keep their values, because whoever speaks in the server's name may put any
 * value in any column: that a row says whose it is, is believed. So is the state of the transaction.
 */
export function mangledMessage({ type, body }: Message, dice: Dice, asking: boolean): readonly Buffer[] {
  const whole = frame(type, body);
  const broken: readonly (() => readonly Buffer[])[] = [
    () => [lied(whole, 1, dice)],
    () => [whole.subarray(0, dice.below(whole.length))],
    () => [junk(dice), whole],
    () => [whole, junk(dice)],
    () => [frame(type, body.subarray(0, dice.below(body.length + 1)))],
    // A line of COPY has neither counts nor lengths.
    () => [frame(type, type === "d" ? body : misCounted(body, dice))],
    () => [frame(type, Buffer.concat([body, junk(dice)]))],
  ];
  // What the gateway's own questions are answered is the catalog that it judges by: to be broken, not forged.
  if (asking) return dice.pick(broken)();
  const forged: readonly (() => readonly Buffer[])[] = [
    () => [],
    () => [whole, whole],
    () => [frame(dice.pick(types.split("")), body)],
    () => [frame(dice.pick(types.split("")), junk(dice)), whole],
    () => [whole, frame(dice.pick(types.split("")), Buffer.alloc(0))],
    ...(type === "D" || type === "d" || type === "Z"
      ? []
      : [() => [frame(type, flipped(body, dice))], () => [frame(type, flipped(body, dice))]]),
  ];
  return dice.pick([...broken, ...forged])();
}
