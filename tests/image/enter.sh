#!/bin/sh
# Starts a command in a root of its own, as a container engine does; to be called in fresh mount and PID namespaces.
# enter.sh ROOT ro|rw [OUTSIDE:INSIDE …] -- COMMAND…     an OUTSIDE is seen at INSIDE, read-only but for caches (rw)
set -eu
root=$1 access=$2
shift 2

mount --make-rprivate /
mount --bind "$root" "$root"
show() { # outside, inside
	mount --bind "$1" "$root$2"
	mount -o "remount,bind,ro" "$root$2"
}
for each in etc usr/bin usr/lib usr/lib32 usr/lib64 usr/libexec usr/libx32 usr/sbin usr/share; do
	if test -d "$root/$each"; then show "/$each" "/$each"; fi
done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
while test "$1" != --; do
	if test "$access" = ro; then show "${1%:*}" "${1#*:}"; else mount --bind "${1%:*}" "$root${1#*:}"; fi
	shift
done
shift
if test "$access" = ro; then mount -o remount,bind,ro "$root"; fi
exec chroot "$root" "$@"
