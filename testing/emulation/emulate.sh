#!/bin/sh
# emulate.sh [linux-arm64|linux-armv7l] [folder]: runs the whole collection as built for ARM on this machine, and compares its answers with
# those of this machine's own build. A local core starts the components; QEMU runs their Node.js and libraries, with the C library of a
# Debian 12 for ARM. Takes 10 to 30 minutes and 1 GB; files that are already in the folder are used again.
# Not part of the tests. Needs root for debootstrap and binfmt_misc, `apt-get install debootstrap`, and QEMU 10 as a static program: the
# package qemu-user of Debian 13. QEMU names its folder, by default that of `qemu-aarch64`. Under QEMU 7.2 ONNX Runtime ends by SIGSEGV.
set -eu
cd "$(dirname "$0")/../.."
platform=${1:-linux-arm64}
work=${2:-$(mktemp -d)}
case $platform in
  # Class and machine of the ELF header (System V ABI): 64 bits and EM_AARCH64, 32 bits and EM_ARM.
  linux-arm64) debian=arm64 program=qemu-aarch64 class='\x02' machine='\xb7' ;;
  linux-armv7l) debian=armhf program=qemu-arm class='\x01' machine='\x28' ;;
  *) echo "emulate.sh: there is linux-arm64 and linux-armv7l, not $platform" >&2; exit 2 ;;
esac
qemu=${QEMU:-$(dirname "$(command -v $program || echo /usr/bin/$program)")}/$program
[ -x "$qemu" ] || { echo "emulate.sh: there is no $qemu; install qemu-user of Debian 13, or set QEMU to its folder" >&2; exit 2; }
mkdir -p "$work"
root=$(cd "$work" && pwd)/$debian
if [ ! -d "$root/usr/lib" ]; then
  debootstrap --foreign --variant=minbase --include=libatomic1 --arch="$debian" bookworm "$root"
  # The second stage of debootstrap would run programs; only libraries are needed, which its first stage unpacks but for this one.
  for package in "$root"/var/cache/apt/archives/libatomic1_*.deb; do dpkg -x "$package" "$root"; done
fi

binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
name=edgeml-$debian
remove() { [ ! -e "$binfmt/$name" ] || echo -1 >"$binfmt/$name"; }
remove
trap remove EXIT
# ELF identification, of which the system's ABI and padding may be anything; then the type, EXEC (2) or DYN (3), and the machine.
rest='\x00\x00\x00\x00\x00\x00\x00\x00\x00'
magic="\\x7fELF$class\\x01\\x01$rest\\x02\\x00$machine\\x00"
mask="\\xff\\xff\\xff\\xff\\xff\\xff\\xff$rest\\xfe\\xff\\xff\\xff"
# F opens QEMU now, for processes that are confined later.
printf '%s' ":$name:M::$magic:$mask:$qemu:F" >$binfmt/register
QEMU_LD_PREFIX="$root" node --import tsx testing/emulation/main.ts "$platform" "$work"
