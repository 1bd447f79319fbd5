#!/bin/busybox sh
# The first process of the emulated machine: mounts what a distribution would, loads the modules, runs what
# /heddle/command.sh says, and switches the machine off.
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /usr/bin /sbin
/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tracefs trace /sys/kernel/tracing
mount -t debugfs debug /sys/kernel/debug
ln -s /proc/self/fd /dev/fd
chmod 1777 /tmp
ip link set lo up
sysctl -qw kernel.panic_on_oops=1
# Faults of processes are told as information.
dmesg -n 7
while read -r module; do
  insmod "/modules/$module.ko" || echo "module $module was not loaded"
done < /modules/order
cd /heddle && bash command.sh
echo "the command ended with $?"
sync
poweroff -f
