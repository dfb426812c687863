// The driver's own network, as its C shows it: cyw43.h.

/** 0 open, 1 WPA2, 2 WPA2 and WPA3, 3 WPA3. @returns whether the interface came up. */
export const open = native<(name: string, key: string, security: number, channel: number) => boolean>("xs_hosted_open");
export const close = native<() => void>("xs_hosted_close");
/** @returns has it a link: 0 no, 3 with an address. */
export const link = native<() => number>("xs_hosted_link");
/** @returns hardware addresses of the guests, as "02:50:46:00:01:01 ...". */
export const guests = native<() => string>("xs_hosted_guests");
/** @returns frames of guests that lwIP was handed. */
export const frames = native<() => number>("xs_hosted_frames");
