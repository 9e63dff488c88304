/** multipart/form-data as bytes with a known length: the Cloud Controller wants a Content-Length on uploads (cf-api: POST /v3/packages/:guid/upload). */

export interface Part {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly filename?: string;
}

/** `boundary` must not occur in any part: callers give something random or a digest. */
export function multipart(parts: readonly Part[], boundary: string): { readonly contentType: string; readonly body: Uint8Array } {
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const file = part.filename === undefined ? "" : `; filename="${part.filename}"\r\nContent-Type: application/zip`;
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${file}\r\n\r\n`));
    pieces.push(typeof part.content === "string" ? Buffer.from(part.content) : part.content, Buffer.from("\r\n"));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(pieces) };
}
