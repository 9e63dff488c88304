/** What spreads requests over the routers. */
export interface Balancer {
  /** Makes it what the config says now; resolves when every member of the pool was checked. */
  apply(): Promise<void>;
  /** The members of the pool. */
  backends(): Promise<readonly { readonly router: string; readonly healthy: boolean }[]>;
}
