/**
 * NATS identities: Ed25519 keys in NATS' own spelling, and tokens that they sign. Every key is made from a secret, so that the server's prepare step and
 * the gateway come to the same ones without telling each other.
 * Sources: nkeys (prefix bytes, base32, CRC-16/XMODEM), nats-architecture-and-design ADR-14 (JWT v2, alg ed25519-nkey).
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign } from "node:crypto";

const prefixes = { operator: 14 << 3, account: 0, user: 20 << 3 } as const;
const seedPrefix = 18 << 3;
/** PKCS #8 around a raw Ed25519 seed (RFC 8410). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
const rawBytes = 32;

function base32(bytes: Uint8Array): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let out = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) out += letters[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? out + letters[(value << (5 - bits)) & 31] : out;
}
function crc16(bytes: Uint8Array): Buffer {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return Buffer.from([crc & 0xff, crc >> 8]);
}
const spelled = (...parts: readonly Uint8Array[]) => {
  const whole = Buffer.concat(parts);
  return base32(Buffer.concat([whole, crc16(whole)]));
};
const inToken = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Nkey {
  /** "O…", "A…" or "U…". */
  readonly id: string;
  /** "SO…", "SA…" or "SU…": who has it is this identity. */
  readonly seed: string;
  readonly #key: KeyObject;

  /** secret: 64 hex digits. */
  constructor(kind: keyof typeof prefixes, secret: string) {
    const raw = Buffer.from(secret, "hex");
    if (raw.length !== rawBytes) throw new Error(`a key is made of ${rawBytes} bytes, not of ${raw.length}`);
    const prefix = prefixes[kind];
    this.#key = createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: "der", type: "pkcs8" });
    const open = createPublicKey(this.#key).export({ type: "spki", format: "der" }).subarray(-rawBytes);
    this.id = spelled(Buffer.from([prefix]), open);
    this.seed = spelled(Buffer.from([seedPrefix | (prefix >> 5), (prefix & 31) << 3]), raw);
  }

  /** A token about `subject`, signed by this key. */
  token(subject: string, name: string, nats: object): string {
    const head = inToken({ typ: "JWT", alg: "ed25519-nkey" });
    const body = inToken({ jti: randomUUID(), iat: Math.floor(Date.now() / 1000), iss: this.id, name, sub: subject, nats: { ...nats, version: 2 } });
    return `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), this.#key).toString("base64url")}`;
  }
}

/** What a token says. Not checked: only for tokens that come from our own server. */
export function claimsOf(token: string): { readonly nats?: { readonly revocations?: Readonly<Record<string, number>> } } {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as ReturnType<typeof claimsOf>;
}
