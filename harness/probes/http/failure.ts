/** What an error of a connection says: about the target, or about us. */
import type { Outcome } from "../../core.js";

/** How an exchange went wrong. */
export interface Failure {
  readonly outcome: Exclude<Outcome, "ok">;
  readonly note: string;
}

const ours = ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM", "EACCES", "EPERM"];

/** What a socket's error says about the target. What says something about us (no descriptors, no ports left) is an observer fault. */
export function failureOf(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") return { outcome: "refused", note: "connection refused" };
  if (["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(code)) return { outcome: "reset", note: code };
  if (["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"].includes(code)) return { outcome: "refused", note: code };
  if (code === "ETIMEDOUT") return { outcome: "timeout", note: code };
  if (ours.includes(code)) return { outcome: "observer", note: code };
  if (code === "EINVAL") return { outcome: "refused", note: "EINVAL: the address cannot be dialled (a link-local one needs a zone: [fe80::1%eth0])" };
  return { outcome: "wrong-answer", note: `TLS: ${tlsWords(error)}` };
}

/** TLS' own outcomes, in words; certificates have codes of OpenSSL, protocol errors EPROTO or ERR_SSL_…. */
function tlsWords(error: NodeJS.ErrnoException & { readonly reason?: string; readonly host?: string }): string {
  const code = error.code ?? "";
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "the certificate has expired";
    case "CERT_NOT_YET_VALID":
      return "the certificate is not valid yet";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate is for another name${error.reason ? ` (${error.reason})` : ""}`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `the certificate's authority is unknown (${code})`;
    default:
      return code === "" ? error.message : code;
  }
}
