/** For tests: what they read of the API's resources; the API says more. */

export interface Ref {
  readonly guid: string;
}
export interface Named extends Ref {
  readonly name: string;
}
interface Relation {
  readonly data: Ref;
}
export interface Page<T> {
  readonly pagination: { readonly total_results: number; readonly next: { readonly href: string } | null };
  readonly resources: readonly T[];
}
export interface ApiError {
  readonly code: number;
  readonly title: string;
  readonly detail: string;
}

export interface Root {
  readonly links: Readonly<Record<string, object>>;
}
export interface Login {
  readonly prompts: Readonly<Record<string, readonly string[]>>;
}
/** A refusal has an error instead of tokens. */
export interface Token {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly error?: string;
}
export interface App extends Named {
  readonly state: "STARTED" | "STOPPED";
}
export interface Stat {
  readonly state: string;
  readonly routable: boolean;
  readonly uptime: number;
  readonly mem_quota: number;
}
export interface Stats {
  readonly resources: readonly Stat[];
}
export interface Environment {
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly system_env_json: { readonly VCAP_SERVICES?: object };
}
export interface Package extends Ref {
  readonly state: string;
}
export interface Build extends Ref {
  readonly state: "STAGING" | "STAGED" | "FAILED";
  readonly error: string | null;
  readonly droplet: Ref | null;
}
export interface Droplet extends Ref {
  readonly checksum: { readonly type: string; readonly value: string };
  readonly relationships: { readonly app: Relation };
}
export interface Job extends Ref {
  readonly state: "PROCESSING" | "COMPLETE" | "FAILED";
  readonly errors: readonly ApiError[];
}
export interface Matches {
  readonly resources: readonly Resource[];
}
/** A file, as resource matching names it. */
export interface Resource {
  readonly path: string;
  readonly mode: string;
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
}
export interface Route extends Ref {
  readonly url: string;
}
export interface Destinations {
  readonly destinations: readonly Ref[];
}
export interface AuditEvent {
  readonly type: string;
  readonly data: object;
}
export interface Offering extends Named {
  readonly relationships: { readonly service_broker: Relation };
}
export interface ServiceInstance extends Named {
  readonly last_operation: { readonly type: string; readonly state: string; readonly description: string };
}
export interface BindingDetails {
  readonly credentials: { readonly uri: string };
}
