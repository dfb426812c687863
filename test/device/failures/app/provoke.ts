// Faults that only C can make.

/**
 * "read": from where nothing is; "panic": the SDK's; "abort": the C library's; "wait": for ever in C; "wait-deaf": with interrupts off;
 * "interrupt": for ever in an interrupt's handler, a tenth of a second from now.
 */
export const fail = native<(how: "read" | "panic" | "abort" | "wait" | "wait-deaf" | "interrupt") => void>("xs_provoke_fail");
