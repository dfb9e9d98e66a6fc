/** Frame buffer of nucleus lite, `GGL_IPC_MAX_MSG_LEN` (aws-greengrass-lite, modules/ggipcd). */
const LITE_BUFFER_BYTES = 10_000;

/** The limit of lite's receive buffer: everything behind the prelude has to fit its buffer; above that it closes the connection. */
export const LITE_MAX_RECEIVED_FRAME_BYTES = LITE_BUFFER_BYTES + 12;

/** The limit of lite's send buffer: the whole frame has to fit. Larger events are dropped without a word to anyone but the log. */
export const LITE_MAX_SENT_FRAME_BYTES = LITE_BUFFER_BYTES;

/**
 * Objects of a local message that a subscriber of nucleus lite decodes: 50, of which the event around a map takes 4 and the one around a list 8.
 * Measured: a map of 23 keys and a list of 42 entries arrive; with one more the message is lost and the subscription gets nothing any more.
 */
export const LITE_MAX_EVENT_OBJECTS = { map: 46, list: 42 } as const;

/** Objects of a local message above which publishing fails; measured, about. */
export const LITE_MAX_PUBLISHED_OBJECTS = 195;

/** Most connections at a time, `GGL_IPC_MAX_CLIENTS`. */
export const LITE_MAX_CLIENTS = 50;
