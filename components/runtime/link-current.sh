#!/bin/sh
# link-current.sh <folder>: makes "current" in the working directory a link to <folder>.
# The link is replaced by a rename, so that it is never missing. The install scripts of components run this.
set -eu
folder=$1
fresh="current.$$"
rm -rf "$fresh"
ln -s "$folder" "$fresh"
# -T (GNU, busybox) and -h (BSD, macOS) stop mv from moving into the folder that the old link points to.
mv -fT "$fresh" current 2>/dev/null || mv -fh "$fresh" current 2>/dev/null || { rm -f current && mv -f "$fresh" current; }
