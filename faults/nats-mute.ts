/** Takes the voice from some subjects of the bus; all else goes on. Try it: flounder break nats-mute --on nats-1 --for 30 --set 'subjects=["router.register"]' */
import { z } from "zod";
import { defineFault } from "../harness/core.js";

/** Words between dots; * is any one word, > at the end any more of them (NATS subject-based messaging). */
const pattern = z.string().regex(/^(?:[\w-]+|\*)(?:\.(?:[\w-]+|\*))*(?:\.>)?$/, "expected a subject, such as orders.created or orders.>");

export default defineFault({
  name: "nats-mute",
  says: "denies publishing on some subjects of the bus, while everybody stays connected, until healed",
  colour: "#4b3f99",
  needs: ["subjects"],
  options: z.strictObject({ subjects: z.array(pattern).min(1).default(["router.register"]) }),

  async inject(bus, { subjects }) {
    await bus.can.subjects.mute(subjects);
  },
  async heal(bus) {
    await bus.can.subjects.unmute();
  },
  async witness(bus, { subjects }) {
    const carried = await Promise.all(subjects.map((subject) => bus.can.subjects.carries(subject)));
    if (carried.every((yes) => yes)) return { state: "intact" };
    return { state: carried.some((yes) => yes) ? "unknown" : "broken" };
  },
});
