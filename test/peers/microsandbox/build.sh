#!/bin/bash
# Makes what QEMU boots: kernel, initrd, and a disk with one version of msb. usage: build.sh CACHE PACKAGE VERSION
#   CACHE    a folder to keep things in; PACKAGE: the unpacked npm package of that version
# Debian 12 packages it needs here (installed when missing and allowed): qemu-system-x86 gcc libc6-dev cpio kmod e2fsprogs
# Debian 12 packages it only unpacks: the cloud kernel, busybox-static, and the libraries that msb loads.
set -euo pipefail
cache=$1 package=$2 version=$3
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache/debs"
exec 9>"$cache/lock"
flock 9
stamp=$(cat "$0" "$here"/machine/* | sha256sum)
[ "$(cat "$cache/stamp-$version" 2>/dev/null)" != "$stamp" ] || exit 0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
missing=()
for pair in qemu-system-x86_64:qemu-system-x86 gcc:gcc cpio:cpio depmod:kmod mke2fs:e2fsprogs; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
kernel() { apt-cache depends --important linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -1; }
if [ ${#missing[@]} -gt 0 ] || [ -z "$(kernel)" ]; then as_root apt-get update -qq; fi
if [ ${#missing[@]} -gt 0 ]; then
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
image=$(kernel)
release=${image#linux-image-}
libraries=(libc6 libgcc-s1 libcap-ng0)

work=$cache/work
rm -rf "$work"
mkdir -p "$work"/{kernel,debian}
for name in "$image" busybox-static "${libraries[@]}"; do
  ls "$cache/debs/${name}"_*.deb >/dev/null 2>&1 || (cd "$cache/debs" && apt-get download -qq "$name" 2>/dev/null) ||
    { as_root apt-get update -qq; (cd "$cache/debs" && apt-get download -qq "$name"); }
  target=$work/debian
  [ "$name" != "$image" ] || target=$work/kernel
  dpkg-deb -x "$(ls "$cache/debs/${name}"_*.deb | tail -1)" "$target"
done
busybox=$(find "$work/debian" -name busybox -type f -perm -u+x | head -1)

initrd=$work/initrd
mkdir -p "$initrd"/{bin,dev,disk,modules,proc,sys}
cp "$busybox" "$initrd/bin/busybox"
ln -s busybox "$initrd/bin/sh"
install -m 755 "$here/machine/init" "$initrd/init"
depmod -b "$work/kernel" "$release"
for module in virtio_pci virtio_blk virtio_net virtio-rng kvm-amd ext4; do
  modprobe -d "$work/kernel" -S "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p' || true
done | awk '!seen[$0]++' | while read -r path; do
  cp "$path" "$initrd/modules/"
  basename "$path" >>"$initrd/modules/order"
done
(cd "$initrd" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$cache/initrd.gz"

# A folder with every busybox program; dpkg's would be mistaken for a Debian system.
with_busybox() {
  mkdir -p "$1"/{bin,dev,etc,proc,root,run,sys,tmp}
  cp "$busybox" "$1/bin/busybox"
  for applet in $("$busybox" --list | grep -vxE 'busybox|dpkg|dpkg-deb|rpm'); do ln -s busybox "$1/bin/$applet"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
  echo 'root:x:0:' >"$1/etc/group"
}
disk=$work/disk
with_busybox "$disk"
with_busybox "$disk/rootfs"
mkdir -p "$disk"/{msb,lib64,lib/x86_64-linux-gnu} "$disk/rootfs/srv"
echo 'hello' >"$disk/rootfs/srv/index.html"
echo '127.0.0.1 localhost' >"$disk/etc/hosts"
echo 'nameserver 10.0.2.3' >"$disk/etc/resolv.conf"
gcc -O2 -static -Wall -Wextra -o "$disk/bin/door" "$here/machine/door.c"
install -m 755 "$here/machine/serve" "$here/machine/restart" "$disk/bin/"
cp "$here/machine/boot.sh" "$disk/boot.sh"
cp -r "$package/bin" "$package/lib" "$disk/msb/"
chmod 755 "$disk/msb/bin/msb"
find "$work/debian" -path '*x86_64-linux-gnu/*.so*' -exec cp -L {} "$disk/lib/x86_64-linux-gnu/" \;
cp "$disk/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$disk/lib64/"
truncate -s 512M "$work/disk.img"
mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 -d "$disk" "$work/disk.img"

mv "$work/disk.img" "$cache/disk-$version.img"
cp "$work/kernel/boot/vmlinuz-$release" "$cache/vmlinuz"
rm -rf "$work"
echo "$stamp" >"$cache/stamp-$version"
