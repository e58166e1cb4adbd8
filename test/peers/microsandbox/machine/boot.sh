# Runs in the outer machine from its disk: the network, the door, then one sandbox by the real msb.
export PATH=/msb/bin:/bin HOME=/root MSB_HOME=/root/.microsandbox
setting() { sed -n "s/.*test\.$1=\([0-9]*\).*/\1/p" /proc/cmdline; }
mkdir -p $MSB_HOME
chown -R 0:0 /root /rootfs
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
ulimit -n 65536
door 7000 &
# A sandbox that began with a wrong clock would see the right one as a jump.
until [ -e /run/clock ]; do sleep 0.1; done
msb create -q -n t1 -m 256M -c 1 -p "$(setting published):8080" /rootfs && serve t1 && touch /run/ready
echo "sandbox t1: ready=$(ls /run/ready 2>&1)"
while :; do sleep 1000; done
