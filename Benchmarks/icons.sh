#!/usr/bin/env bash
# Makes a small set of colour pictures to train on: the icons of 32 × 32 pixels in three of Debian's icon themes, in a
# folder for each of six categories.
#
#   Benchmarks/icons.sh icons
#   png2raw icons --size 32x32 --color rgb --recipe fit --background white --invert no --label-from directory |
#     fm-split --validation 0.3 --train icons-train.raw --held-out icons-test.raw
#
# Needs apt-get and dpkg-deb; nothing is installed.
set -euo pipefail
folder=${1:?usage: Benchmarks/icons.sh FOLDER}
work=$(mktemp -d)
chmod 755 "$work" # apt fetches as another user
trap 'rm -rf "$work"' EXIT

(cd "$work" && apt-get download -qq gnome-icon-theme oxygen-icon-theme tango-icon-theme)
for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/files"; done
icons=$work/files/usr/share/icons
for category in actions apps devices mimetypes places status; do
  mkdir -p "$folder/$category"
  # Links would be the same icon under other names.
  find "$icons" -type f -path "*/32x32/$category/*.png" | while read -r file; do
    theme=${file#"$icons/"}
    cp "$file" "$folder/$category/${theme%%/*}-${file##*/}"
  done
done
