/** An option of `podman run` that docker does not have, and what to say here in its place. */
interface PodmanOption {
  readonly instead: string
  /** The values that are podman's, where an option before `run` has that name too. */
  readonly values?: ReadonlySet<string>
}

const PLATFORM = 'set --platform OS/ARCH[/VARIANT]'
const REGISTRY =
  'the Engine connects to the registry: see insecure-registries and /etc/docker/certs.d in its documentation'
const USERS = 'the Engine maps users for all of its containers: set userns-remap in daemon.json'
const POD = 'Docker has no pods: share a network with --network container:NAME'

/**
 * The options of `podman run` that units are written with, as `podman generate systemd` writes them and quadlet's
 * `PodmanArgs=` passes them on (podman-run(1)).
 */
export const PODMAN_OPTIONS: Readonly<Record<string, PodmanOption>> = {
  arch: {instead: PLATFORM},
  authfile: {instead: 'set Environment=DOCKER_CONFIG=DIRECTORY in the unit'},
  'cert-dir': {instead: REGISTRY},
  cgroups: {
    instead: "leave it out: the container is in the unit's cgroup as it is",
    values: new Set(['disabled', 'enabled', 'no-conmon', 'split']),
  },
  'conmon-pidfile': {instead: 'leave it out: systemd-docker is the main process'},
  creds: {instead: 'log in with `docker login`'},
  'env-host': {instead: 'set --env before `run`'},
  gidmap: {instead: USERS},
  'health-on-failure': {instead: 'set --unhealthy before `run`: stop for kill and stop, watchdog for restart'},
  'http-proxy': {instead: "set proxies in config.json of docker's client"},
  os: {instead: PLATFORM},
  pidfile: {instead: 'set --pid-file before `run`'},
  pod: {instead: POD},
  'pod-id-file': {instead: POD},
  replace: {
    instead: 'set --rm, with which a stopped container of that name is replaced and one that runs is taken over',
  },
  requires: {instead: 'set Requires= and After= in the unit'},
  rmi: {instead: 'remove images with `docker image prune`'},
  sdnotify: {
    instead:
      'leave it out, as systemd-docker tells systemd when the container runs, or for --sdnotify=container set --notify before `run`',
  },
  secret: {instead: 'set LoadCredential= in the unit, which the container has at /run/credentials'},
  systemd: {instead: 'leave it out: Docker has no mode for a systemd in the container'},
  timeout: {instead: 'set RuntimeMaxSec= in the unit'},
  'tls-verify': {instead: REGISTRY},
  tz: {instead: 'set --env TZ=ZONE'},
  uidmap: {instead: USERS},
  variant: {instead: PLATFORM},
}
