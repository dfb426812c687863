/** Bits of the registers of I2C (DW_apb_i2c; RP2040 datasheet 4.3.17) that its master and its slave share. */

export const FIFO_DEPTH = 16;

/** IC_DATA_CMD, as it is read: the first byte after an address. */
export const FIRST_DATA_BYTE = 1 << 11;

// IC_RAW_INTR_STAT
export const RX_UNDER = 1 << 0;
export const RX_OVER = 1 << 1;
export const RX_FULL = 1 << 2;
export const TX_OVER = 1 << 3;
export const TX_EMPTY = 1 << 4;
export const RD_REQ = 1 << 5;
export const TX_ABRT = 1 << 6;
export const RX_DONE = 1 << 7;
export const ACTIVITY = 1 << 8;
export const STOP_DET = 1 << 9;
export const START_DET = 1 << 10;
export const GEN_CALL = 1 << 11;
export const RESTART_DET = 1 << 12;
