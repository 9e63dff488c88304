/** Errors of the v3 API: status, code, title and detail as the Cloud Controller of Cloud Foundry has them; clients match some details by their text. */

export class CfError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(`${status} ${code} ${title}: ${detail}`);
  }
  get entry(): { code: number; title: string; detail: string } {
    return { code: this.code, title: this.title, detail: this.detail };
  }
}

export const notAuthenticated = () => new CfError(401, 10002, "CF-NotAuthenticated", "Authentication error");
export const invalidToken = () => new CfError(401, 1000, "CF-InvalidAuthToken", "Invalid Auth Token");
export const notAuthorized = () => new CfError(403, 10003, "CF-NotAuthorized", "You are not authorized to perform the requested action");
export const badQuery = (detail: string) => new CfError(400, 10005, "CF-BadQueryParameter", detail);
export const badRequest = (detail: string) => new CfError(400, 1004, "CF-BadRequest", detail);
export const parseError = () => new CfError(400, 1001, "CF-MessageParseError", "Request invalid due to parse error: invalid request body");
export const unknownRequest = () => new CfError(404, 10000, "CF-NotFound", "Unknown request");
/** what: "App", "Droplet", "Process" … */
export const notFound = (what: string) => new CfError(404, 10010, "CF-ResourceNotFound", `${what} not found`);
export const unprocessable = (detail: string) => new CfError(422, 10008, "CF-UnprocessableEntity", detail);
export const unavailable = (detail: string) => new CfError(503, 10015, "CF-ServiceUnavailable", detail);
export const databaseAway = () => unavailable("Database connection failure");
export const blobstoreUnavailable = (detail: string) => new CfError(502, 150006, "CF-BlobstoreUnavailable", detail);
export const noRoom = (lun: string) =>
  new CfError(507, 150011, "CF-BlobstoreFull", `Insufficient space on the blobstore: ${lun} is full. Ask the operator to free space, then push again`);
export const unknownError = () => new CfError(500, 10001, "UnknownError", "An unknown error occurred.");
