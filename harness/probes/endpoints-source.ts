/** Endpoints that a prober asks: questions from data, samples as rows of a JSON array. */
import { HttpAsker } from "./http/asker.js";
import type { Lines } from "./samples/lines.js";
import type { Stamps } from "./schedule/flight.js";
import type { Source } from "./source.js";
import { type EndpointTarget, placeOf, questionOf } from "./target.js";

/** Columns of a line of the samples file: a JSON array. Times are µs after due; 0 where there was no such phase. */
export const columns = ["target", "seq", "dueUs", "lateUs", "dnsUs", "connectUs", "firstUs", "endUs", "outcome", "status", "note"] as const;

const comma = 44;
function addRow(lines: Lines, sample: Stamps): void {
  const { target, seq, dueUs, sentUs, dnsUs, connectUs, firstUs, endUs, outcome, status, note } = sample;
  const after = (us: number) => lines.number(us === 0 ? 0 : us - dueUs).byte(comma);
  lines.text("[").number(target).byte(comma).number(seq).byte(comma).number(dueUs).byte(comma);
  after(sentUs);
  after(dnsUs);
  after(connectUs);
  after(firstUs);
  after(endUs);
  lines.text('"').text(outcome).text('",').number(status);
  if (note === "") lines.text(',""]\n');
  else lines.byte(comma).text(JSON.stringify(note)).text("]\n");
}

export function endpointsSource(targets: readonly EndpointTarget[]): Source {
  const questions = targets.map(questionOf);
  return {
    questions,
    rules: targets.map(({ periodUs, deadlineUs, slowUs }) => ({ periodUs, deadlineUs, ...(slowUs === undefined ? {} : { slowUs }) })),
    head: JSON.stringify({ columns, targets: targets.map(({ question, ...rest }) => ({ ...rest, kind: question.kind, place: placeOf(question) })) }),
    write: addRow,
    findings(lane) {
      const { asker } = questions[lane]!;
      return asker instanceof HttpAsker ? asker.findings : undefined;
    },
  };
}
