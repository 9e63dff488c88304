/** The header of a witness's message on the bus: it asks whether a subject carries, and components say nothing of it. */
export const canaryHeader = "Flounder-Canary";
