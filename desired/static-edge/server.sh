#!/bin/bash
# Serves the document root, which is on the volume: it is formatted once, and found again by every later instance.
set -euo pipefail
dnf install -y nginx
until device=$(readlink -f /dev/sdf) && [ -b "$device" ]; do sleep 2; done # attached after the first boot began
blkid "$device" || mkfs.xfs "$device"
mount "$device" /usr/share/nginx/html
echo "$(blkid -o export "$device" | grep ^UUID) /usr/share/nginx/html xfs nofail 0 2" >> /etc/fstab
systemctl enable --now nginx
