#!/bin/sh
# Installs the program that is in this image in a directory of the host, mounted at /opt/bin or where the first word says. Services may be using the one that is there:
# whoever looks meanwhile finds that or the new one, whole.
set -eu

program=/systemd-docker
directory=${1:-/opt/bin}
target=$directory/systemd-docker
unfinished=$directory/.systemd-docker.$$

fail() {
  rm -f "$unfinished"
  echo "systemd-docker: cannot install $target: $1" >&2
  exit 1
}

[ -d "$directory" ] || fail "there is no such directory in the container; mount the host's: -v /opt/bin:$directory"
if [ -e "$target" ] || [ -L "$target" ]; then
  # ELF is what the kernel executes (elf(5)); a link or a script there is somebody else's.
  if [ -L "$target" ] || [ ! -f "$target" ] || [ "$(head -c 4 "$target" 2>/dev/null)" != "$(printf '\177ELF')" ]; then
    fail 'what is there is no executable; move it away'
  fi
  if cmp -s "$program" "$target"; then exit 0; fi
fi
why=$(cp "$program" "$unfinished" 2>&1) || fail "${why##*: }"
why=$(chmod 755 "$unfinished" 2>&1) || fail "${why##*: }"
why=$(mv -f "$unfinished" "$target" 2>&1) || fail "${why##*: }"
echo "systemd-docker: installed $target"
