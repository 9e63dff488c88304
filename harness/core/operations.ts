/** What the platform's own operation says: its alarms, its operators' audit, and what users still suffer from. */
import { z } from "zod";
import type { Shape } from "./shape.js";

export interface RecoverOptions {
  /** Aborted: nothing more is waited for. */
  readonly signal?: AbortSignal;
  /** What is found damaged for good stays so; without it that is an error. */
  readonly acceptLoss?: boolean;
}

export interface Ailment {
  /** A sentence without its full stop: who cannot do what, and why. */
  readonly says: string;
  /** recover: only an operator's verbs end it, as recover() does. time: the platform itself ends it, soon after its cause has gone. */
  readonly endedBy: "recover" | "time";
}

/** An alarm of the platform's own monitoring. */
export interface SaidAlarm {
  /** Unique in the foundation, as long as whoever said it lives. */
  readonly id: string;
  readonly from: string;
  /** Its name, as conditions have it. */
  readonly alarm: string;
  readonly on: string;
  readonly says: string;
  /** Since the epoch, by the platform's clock. */
  readonly atMs: number;
}

/** An operator's verb that was carried out, or refused. */
export interface AuditLine {
  readonly atIso: string;
  /** Who gave the command: a person's name, "script", "model". */
  readonly who: string;
  readonly verb: string;
  /** What it was done to. */
  readonly on: string;
  readonly ok: boolean;
  /** What came of it, or why it did not. */
  readonly says: string;
}

export const foresightSchema = z.strictObject({
  /** As conditions name it. */
  alarm: z.string(),
  /** What it is the sign of. */
  says: z.string(),
  /** Alarm raised so long after the sign. */
  alarmS: z.number().nullable(),
  /** Automatic fail-over so long after the sign. */
  failOverS: z.number().nullable(),
  /** The damage that it could prevent is done so long after the sign; null: it is a sign of damage done. */
  tooLateS: z.number().nullable(),
  /** Playbooks for early detection wait for this one. */
  trigger: z.boolean(),
});
/** One sign of trouble that three configurations are about; seconds as they are measured, null: never. */
export interface Foresight extends Shape<typeof foresightSchema> {}
