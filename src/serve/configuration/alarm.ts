import { z } from "zod";

/** What is done with every alarm once it is on record: a program that gets it on its stdin, or an address that it is posted to. */
export type AlarmHook =
  | { readonly kind: "command"; readonly words: readonly string[]; readonly millisMax: number }
  | { readonly kind: "webhook"; readonly url: string; readonly millisMax: number };

const wordsMax = 64;

/** Only this machine's own addresses are told in the clear: an alarm holds who reads whom. */
function isPrivate(text: string): boolean {
  const { hostname, protocol } = new URL(text);
  return protocol === "https:" || /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname);
}

/** `gateway.alarm`. */
export const alarmHook: z.ZodType<AlarmHook> = z
  .strictObject({
    command: z.array(z.string().min(1)).min(1).max(wordsMax).optional(),
    webhook: z
      .url({ protocol: /^https?$/ })
      .refine(isPrivate, "an alarm crosses the network by https only")
      .optional(),
    seconds: z.number().min(1).max(300).default(10),
  })
  .transform(({ command, webhook, seconds }, context): AlarmHook => {
    const millisMax = seconds * 1000;
    if (command !== undefined && webhook === undefined) return { kind: "command", words: command, millisMax };
    if (webhook !== undefined && command === undefined) return { kind: "webhook", url: webhook, millisMax };
    context.addIssue({ code: "custom", message: "give command or webhook, one of them" });
    return z.NEVER;
  });
