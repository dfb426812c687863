// Faults that only C can make.

/** "read": from where nothing is; "panic": the SDK's; "abort": the C library's; "wait": for ever in C; "wait-deaf": with interrupts off. */
export const fail = native<(how: "read" | "panic" | "abort" | "wait" | "wait-deaf") => void>("xs_provoke_fail");
