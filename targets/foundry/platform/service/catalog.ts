/** What the gateway offers, as the Open Service Broker API has it (GET /v2/catalog). The ids never change: the Cloud Controllers know the plans by them. */

export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
}
export interface Offering {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly bindable: boolean;
  readonly tags: readonly string[];
  readonly plans: readonly Plan[];
}

export const postgres: Offering = {
  id: "0f6d2c0e-2a2c-4b8e-9d55-3c1f0b2a7e01",
  name: "postgres",
  description: "A database of one's own on a shared PostgreSQL server",
  bindable: true,
  tags: ["postgresql", "relational"],
  plans: [{ id: "0f6d2c0e-2a2c-4b8e-9d55-3c1f0b2a7e02", name: "free", description: "20 connections, no backup", free: true }],
};

export const messaging: Offering = {
  id: "5b1e7a44-8c39-4a6f-b0d1-61d2e5f8c301",
  name: "messaging",
  description: "An account of one's own on a shared NATS server",
  bindable: true,
  tags: ["nats", "messaging"],
  plans: [{ id: "5b1e7a44-8c39-4a6f-b0d1-61d2e5f8c302", name: "free", description: "Nothing is kept: who does not listen hears nothing", free: true }],
};

export const catalog: readonly Offering[] = [postgres, messaging];
