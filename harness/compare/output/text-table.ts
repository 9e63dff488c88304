/** Tables and paragraphs for terminals of any width. */

/** Words of a paragraph in lines of so many columns; a word that is longer stays whole, and a figure stays with its unit. */
export function wrap(text: string, columns: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  for (const glued of text.replace(/([\d.]) ([×s%])(?![\w])/g, "$1\u00a0$2").split(/ +/)) {
    const word = glued.replaceAll("\u00a0", " ");
    const room = columns - (lines.length > 0 ? indent.length : 0);
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one, i) => (i === 0 ? one : indent + one));
}

/** Columns as wide as their widest cell, the first to the left and the others to the right; undefined if it does not fit. */
export function aligned(rows: readonly (readonly string[])[], columns: number): string[] | undefined {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, c) => (c === 0 || c === row.length - 1 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join("  ")
      .trimEnd(),
  );
  return lines.every((line) => line.length <= columns) ? lines : undefined;
}
