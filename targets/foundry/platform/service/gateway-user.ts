/** Superuser of the Postgres server that has the databases of apps. */
export const gatewayUser = "gateway";
