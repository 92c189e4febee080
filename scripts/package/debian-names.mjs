/** What Debian, and Docker like it, call the machines that there is an executable for. */
export const DEBIAN_NAMES = {x64: 'amd64', arm64: 'arm64'}
