import { type Codec, letter, long } from "../../octets/codec.ts";

/** Another session's NOTIFY, at any moment. A customer's value can travel in the payload, to an idle session. */
export interface NotificationResponse {
  readonly from: "backend";
  readonly kind: "NotificationResponse";
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}

export const notificationResponse: Codec<NotificationResponse> = {
  kind: "NotificationResponse",
  type: letter("A"),
  bytesMin: 4 + 4 + 1 + 1,
  bytesMax: long,
  read: (from) => ({
    from: "backend",
    kind: "NotificationResponse",
    processId: from.int32(),
    channel: from.text(),
    payload: from.text(),
  }),
  write: (message, to) => {
    to.int32(message.processId);
    to.text(message.channel);
    to.text(message.payload);
  },
};
