/** The ways in which a truth server is out of order. */
export const truthModes = ["503", "refuse", "reset", "hang-kept", "hang-dropped", "stall", "slow", "brown-out", "wrong"] as const;
export type TruthMode = (typeof truthModes)[number];
