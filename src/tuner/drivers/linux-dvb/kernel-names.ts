/** Names of dvb-v5 scan tables, as `Delivery` has them, and the kernel's numbers for them. @see linux/dvb/frontend.h */

type Names = Readonly<Record<string, number>>;

/** fe_delivery_system */
export const SYSTEM = {
  DVBC_ANNEX_A: 1,
  DVBC_ANNEX_B: 2,
  DVBT: 3,
  DVBS: 5,
  DVBS2: 6,
  ISDBT: 8,
  ATSC: 11,
  DTMB: 13,
  DVBT2: 16,
  DVBC_ANNEX_C: 18,
} as const;

/** fe_modulation */
export const MODULATION: Names = {
  QPSK: 0,
  "QAM/16": 1,
  "QAM/32": 2,
  "QAM/64": 3,
  "QAM/128": 4,
  "QAM/256": 5,
  "QAM/AUTO": 6,
  "VSB/8": 7,
  "VSB/16": 8,
  "PSK/8": 9,
  "8PSK": 9,
  "APSK/16": 10,
  "APSK/32": 11,
  DQPSK: 12,
  "QAM/4_NR": 13,
};

/** fe_code_rate */
export const CODE_RATE: Names = {
  NONE: 0,
  "1/2": 1,
  "2/3": 2,
  "3/4": 3,
  "4/5": 4,
  "5/6": 5,
  "6/7": 6,
  "7/8": 7,
  "8/9": 8,
  AUTO: 9,
  "3/5": 10,
  "9/10": 11,
  "2/5": 12,
};

/** fe_transmit_mode */
export const TRANSMISSION_MODE: Names = {
  "2K": 0,
  "8K": 1,
  AUTO: 2,
  "4K": 3,
  "1K": 4,
  "16K": 5,
  "32K": 6,
  C1: 7,
  C3780: 8,
};

/** fe_guard_interval */
export const GUARD_INTERVAL: Names = {
  "1/32": 0,
  "1/16": 1,
  "1/8": 2,
  "1/4": 3,
  AUTO: 4,
  "1/128": 5,
  "19/128": 6,
  "19/256": 7,
  PN420: 8,
  PN595: 9,
  PN945: 10,
};

/** fe_hierarchy */
export const HIERARCHY: Names = { NONE: 0, "1": 1, "2": 2, "4": 3, AUTO: 4 };

/** fe_rolloff */
export const ROLL_OFF: Names = { "35": 0, "20": 1, "25": 2, AUTO: 3 };

/** fe_pilot */
export const PILOT_AUTO = 2;
/** fe_interleaving */
export const INTERLEAVING_AUTO = 1;
/** fe_spectral_inversion */
export const INVERSION = { OFF: 0, AUTO: 2 } as const;
/** fe_sec_voltage */
export const VOLTAGE = { V13: 0, V18: 1 } as const;
/** fe_sec_tone_mode */
export const TONE = { ON: 0, OFF: 1 } as const;
/** fe_sec_mini_cmd */
export const BURST = { A: 0, B: 1 } as const;
