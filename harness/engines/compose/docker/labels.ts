/** By these everything that belongs to a foundation is found in Docker, never by its name. */
export const labels = {
  foundation: "org.flounder.foundation",
  role: "org.flounder.role",
  /** Only what is a component, or stands for a class of its links, has one. */
  component: "org.flounder.component",
} as const;
