/**
 * The one table of the platform's long timers, in seconds at time factor 1, and what the factor does to them.
 * Sources: cf-protocol §7.3 (vcap of April 2011, gorouter's defaults). Components get the scaled milliseconds as env TIMERS_MS.
 */
export const timersS = {
  routeTtl: 120, // gorouter droplet_stale_threshold
  routePrune: 30, // gorouter prune_stale_droplets_interval
  routeRegister: 20, // minimumRegisterIntervalInSeconds
  heartbeat: 10, // dea.heartbeat
  dbScan: 60, // health manager, database_scan
  dropletLost: 30, // health manager, droplet_lost
  dropletsAnalysis: 10, // health manager, droplets_analysis
  stableState: 60, // health manager leaves a just changed app alone
  flappingTimeout: 180, // health manager: crashes closer than this count together
  restartTimeout: 20, // health manager repeats a START after this; see floors
  natsPing: 120, // nats-server ping_interval
  storageCheck: 20, // cc: proof of each mount
  lunLost: 40, // cc: unusable for so long ⇒ the LUN is declared lost
  crashReap: 3600, // dea: folders of crashed instances
  longestDip: 36, // cabinet: a flickering supply's longest dip. Our choice: over dropletLost, so that it is noticed, and under lunLost, so that the loss comes from the end of the supply
  mirrorLost: 60, // cabinet, policy eager: a mirror that has taken nothing for so long is given up for lost. Our choice: over lunLost
  blobGrace: 1200, // cc: a blob that nobody refers to is kept so long after its last use. Our choice: an upload that was told that it is there must find it
  cacheFlush: 30, // cabinet: a write may stay in the cache so long (Linux' dirty_expire_centisecs)
} as const;
export type TimerName = keyof typeof timersS;

/**
 * Never shorter than this, whatever the factor: processes start no faster because a timer was scaled, and disks flush no faster. lunLost: twice the longest proof
 * that was measured under pushes (1.6 s). A proof of 4.2 s was seen where the load was 20 on two cores: a machine that busy can lose a LUN for nothing. Still under every alarm and fail-over of 2011 that comes after it. mirrorLost: over lunLost.
 */
export const floorsMs: Partial<Record<TimerName, number>> = { restartTimeout: 5000, lunLost: 3000, mirrorLost: 4000, blobGrace: 60_000 };

/** Not scaled at all (ms): anything under 1 s at factor 1, processes, TCP, clients' back-off. */
export const unscaledMs = {
  healthProbe: 500, // dea: TCP connect to a starting app, 120 tries
  discoverTimeout: 2000, // cc waits for dea.discover replies
  taintPerInstance: 10, // dea delays its discover reply per instance of the app it has
  taintFull: 100, // … and by how full it is
  taintMax: 250,
  natsReconnectWait: 250,
  storageDeadline: 1000, // one proof of a mount
  stagingTimeout: 120_000,
} as const;

export type TimersMs = Record<TimerName, number> & typeof unscaledMs;

export function timersMs(timeFactor: number): TimersMs {
  const scaled = Object.fromEntries(
    (Object.keys(timersS) as TimerName[]).map((name) => [name, Math.max((timersS[name] * 1000) / timeFactor, floorsMs[name] ?? 0)]),
  ) as Record<TimerName, number>;
  return { ...scaled, ...unscaledMs };
}

/** The shortest timer that the factor really shortens: a factor is refused when this is under 10 × the measured p99 wake-up delay. */
export const shortestScaledMs = (timeFactor: number): number =>
  Math.min(...(Object.keys(timersS) as TimerName[]).filter((name) => floorsMs[name] === undefined).map((name) => (timersS[name] * 1000) / timeFactor));
