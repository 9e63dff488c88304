/** What a change of desired state means on the bus: instances started and stopped, routes updated, the Health Manager told. All of it best effort: the CCDB holds what should be. */
import type { Bus } from "../../base/bus.js";
import { unprocessable } from "../api/cf-error.js";
import type { Sql } from "../database/database.js";
import { type Placement, urisOf } from "./placement.js";

export interface Running {
  readonly guid: string;
  readonly state: "STARTED" | "STOPPED";
  readonly version: string;
  readonly instances: number;
}

const running = "select a.guid, a.state, a.version, p.instances from apps a join processes p on p.app_guid = a.guid and p.type = 'web' where a.guid = $1";

export class Lifecycle {
  constructor(
    readonly placement: Placement,
    readonly bus: () => Bus | undefined,
  ) {}

  /** In the caller's transaction: a new version of the app is what should run. Throws CfError 422 if it has no droplet. */
  async markStarted(sql: Sql, app: string): Promise<void> {
    const marked = await sql.row(
      `update apps set state = 'STARTED', run_count = run_count + 1, running_droplet = current_droplet, updated_at = now(),
         version = d.sha1 || '-' || (run_count + 1) from droplets d where apps.guid = $1 and d.guid = apps.current_droplet returning apps.guid`,
      [app],
    );
    if (!marked) throw unprocessable("Assign a droplet before starting this app.");
  }
  async markStopped(sql: Sql, app: string): Promise<void> {
    await sql.rows("update apps set state = 'STOPPED', updated_at = now() where guid = $1", [app]);
  }

  /** After the commit: ends whatever runs of the app, then starts what should. */
  async apply(sql: Sql, app: string, fresh: boolean): Promise<void> {
    if (fresh) this.stopAll(app);
    const now = await sql.row<Running>(running, [app]);
    if (now?.state === "STARTED") for (let index = 0; index < now.instances; index++) this.placement.start({ app, version: now.version, index });
    this.updated(app);
  }

  /** After the commit: from so many instances to so many. */
  async scaled(sql: Sql, app: string, from: number): Promise<void> {
    const now = await sql.row<Running>(running, [app]);
    if (now?.state === "STARTED") {
      for (let index = from; index < now.instances; index++) this.placement.start({ app, version: now.version, index });
      if (now.instances < from)
        this.bus()?.publish("dea.stop", { droplet: app, indices: Array.from({ length: from - now.instances }, (_, i) => now.instances + i) });
    }
    this.updated(app);
  }

  stopAll(app: string): void {
    this.bus()?.publish("dea.stop", { droplet: app });
  }
  stopIndices(app: string, indices: readonly number[]): void {
    this.bus()?.publish("dea.stop", { droplet: app, indices });
  }
  stopInstances(app: string, instances: readonly string[]): void {
    this.bus()?.publish("dea.stop", { droplet: app, instances });
  }
  updated(app: string): void {
    this.bus()?.publish("droplet.updated", { droplet: app });
  }

  /** After the commit: the app's instances answer for its routes as they are now. */
  async routesChanged(sql: Sql, app: string): Promise<void> {
    const found = await sql.row<{ uris: readonly string[] }>(`select array(${urisOf}) as uris from apps a where a.guid = $1 and a.state = 'STARTED'`, [app]);
    if (found) this.bus()?.publish("dea.update", { droplet: app, uris: found.uris });
  }
}
