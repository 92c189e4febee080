#!/bin/sh
# Installs what a script of package.json needs and is not there yet: `prepare.sh node` the packages from npm, `prepare.sh package` also
# Debian's that the executable is made with, `prepare.sh sandbox` also those that the test hosts are made with, `prepare.sh vm` also those for the virtual machine.
# libsystemd-dev and a compiler let npm build sd-notify, which the tests try with and without.
set -eu
cd "$(dirname "$0")/.."

debian() {
  missing=
  for package; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  [ "$(id -u)" = 0 ] || { echo "prepare: as root, install:$missing" >&2; exit 1; }
  echo "prepare: installing$missing" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  # shellcheck disable=SC2086
  apt-get -qq install --yes --no-install-recommends $missing >/dev/null
}

[ "$1" = node ] || debian binutils dpkg g++ make python3 libsystemd-dev
case $1 in
  sandbox | vm)
    [ "$(id -u)" = 0 ] || { echo 'prepare: the sandbox needs root' >&2; exit 1; }
    debian systemd-container mmdebstrap debian-archive-keyring iproute2 procps util-linux shellcheck
    ;;
esac
[ "$1" != vm ] || debian qemu-system-x86 e2fsprogs openssh-client

# npm's own record of what it installed is newer than the lock file when the two agree; libsystemd-dev may have come after it.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] ||
  { [ "$1" != node ] && [ ! -e node_modules/sd-notify/build/Release/notify.node ]; }; then
  echo 'prepare: installing packages from npm' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
fi
