/**
 * The state of a network namespace as streams. Apart from the main entry point, as it needs rxjs at run time.
 *
 * @module
 */
export {
  createRtnetlinkMonitor,
  type MonitoredKind,
  monitoredKinds,
  type RtnetlinkMonitor,
  type RtnetlinkMonitorDeps,
  type RtnetlinkMonitorOptions,
} from "./monitor.ts";
