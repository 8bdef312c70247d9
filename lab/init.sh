#!/bin/bash
# First process of the guest: mounts what a program needs, loads SCTP, runs RUNDIR/cmd, writes RUNDIR/rc, powers off.
# RUNDIR, MODS and UMLMODS come from the kernel's command line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run LANG=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1
trap 'sync; echo o > /proc/sysrq-trigger; sleep 5' EXIT
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm /dev/pts && mount -t tmpfs tmpfs /dev/shm && mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd; ln -sf fd/0 /dev/stdin; ln -sf fd/1 /dev/stdout; ln -sf fd/2 /dev/stderr
ip link set lo up
root=/run/modules; version=$(basename "$UMLMODS")
mkdir -p "$root/lib/modules" && ln -s "$UMLMODS" "$root/lib/modules/$version"
modprobe -d "$root" -a ${MODS//,/ } || echo "lab: a kernel module is missing: $MODS" >> "$RUNDIR/out"
bash "$RUNDIR/cmd" >> "$RUNDIR/out" 2>&1 < /dev/null
echo $? > "$RUNDIR/rc.tmp" && mv "$RUNDIR/rc.tmp" "$RUNDIR/rc"
