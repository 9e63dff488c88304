/** A report as one HTML file that opens offline and asks nobody for anything; its source is embedded as JSON. */
import { canonical } from "../../canonical.js";
import { Markup, markup, type Piece, render } from "./markup.js";
import { style } from "./style.js";

export interface Page {
  readonly title: string;
  readonly body: readonly Piece[];
  /** Of the script element that holds the data. */
  readonly dataId: string;
  readonly data: unknown;
  /** Rules of this report alone. */
  readonly style?: string;
}

export function page({ title, body, dataId, data, style: own = "" }: Page): string {
  // "<" in data must not end the script element; \u003c is the same JSON.
  const embedded = new Markup(canonical(data).replace(/</g, "\\u003c"));
  return `${render(markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style + own)}</style></head>
<body><main>${body}</main>
<script type="application/json" id="${dataId}">${embedded}</script>
</body></html>`)}\n`;
}
