#!/bin/sh
# Where no registry can be reached: makes a base image of Debian packages, once, and prints its name.
#   BASE_IMAGE=$(sh base.sh) docker-compose up --build
set -e
name=example-shop/base:bookworm
if ! docker image inspect "$name" >/dev/null 2>&1; then
  command -v mmdebstrap >/dev/null || { echo "base.sh: mmdebstrap is not here (apt-get install mmdebstrap)" >&2; exit 1; }
  mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' bookworm - |
    docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$name" >&2
fi
echo "$name"
