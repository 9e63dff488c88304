/** Labels under which secrets derive from the foundation's secret: the topology grants them, components ask for them, and whoever is outside derives the same. */

/** Opens a component's admin port. */
export const adminLabel = (component: string): string => `admin:${component}`;
/** Opens only what monitoring asks of a component: a monitor finds Cloud Controllers by what it hears, and may be told wrong addresses. */
export const watchLabel = (component: string): string => `watch:${component}`;
/** Between cabinets. */
export const mirrorLabel = "mirror";
/** A user's password on the bus. */
export const busLabel = (user: string): string => `bus:${user}`;
/** The password of the platform's administrator. */
export const adminPasswordLabel = "admin-password";

/** A secret as people type it: its first 20 hex characters. */
export const typed = (secret: string): string => secret.slice(0, 20);
