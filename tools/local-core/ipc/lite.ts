/** Frame buffer of nucleus lite, `GGL_IPC_MAX_MSG_LEN` (aws-greengrass-lite, modules/ggipcd). */
const LITE_BUFFER_BYTES = 10_000;

/** What lite can receive: everything behind the prelude has to fit its buffer; above that it closes the connection. */
export const LITE_MAX_RECEIVED_FRAME_BYTES = LITE_BUFFER_BYTES + 12;

/** What lite can send: the whole frame has to fit. Larger events are dropped without a word to anyone but the log. */
export const LITE_MAX_SENT_FRAME_BYTES = LITE_BUFFER_BYTES;

/** Most connections at a time, `GGL_IPC_MAX_CLIENTS`. */
export const LITE_MAX_CLIENTS = 50;
