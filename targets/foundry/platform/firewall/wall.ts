/** What the firewall's rules are enforced by. */
export interface Wall {
  /** Makes it what the config says now; rejects when that fails. */
  apply(): Promise<void>;
  /** What it made is still there, as it made it. */
  enforced(): Promise<boolean>;
}
