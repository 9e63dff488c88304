/** What the gateway can do with each kind of service. All of it may be asked again: whoever asks may not have heard the first answer. */
export interface Kind {
  /** Resolves false if it was there before. */
  provision(instance: string): Promise<boolean>;
  /** With all that is in it. Resolves false if there was none. */
  deprovision(instance: string): Promise<boolean>;
  /** Resolves with what an app needs to reach the instance, undefined if there is no such instance. */
  bind(instance: string, binding: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** From now on these credentials are worth nothing, and whoever uses them is thrown out. Resolves false if there were none. */
  unbind(instance: string, binding: string): Promise<boolean>;
}
