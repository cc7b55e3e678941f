#!/bin/sh
# One machine: starts the web node at the other port, waits until it is ready, and only then stops the one that runs. For new settings and for a new
# version of the program once `flask migrate` has run. As root.
set -eu

env_file=${JIANGTAI_ENV:-/etc/jiangtai/jiangtai.env}
host=$(sed -n 's/^LMS_HOSTS=\([^,]*\).*/\1/p' "$env_file")
if systemctl is-active --quiet jiangtai-web@8000; then old=8000 new=8001; else old=8001 new=8000; fi

systemctl enable --now "jiangtai-web@$new"
tries=0
until curl -fsS -o /dev/null -m 5 -H "Host: ${host:-127.0.0.1}" "http://127.0.0.1:$new/readyz"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        systemctl disable --now "jiangtai-web@$new"
        echo "the node at $new is not ready after a minute; the one at $old goes on. journalctl -u jiangtai-web@$new" >&2
        exit 1
    fi
    sleep 1
done
systemctl disable --now "jiangtai-web@$old"
echo "serving at $new"
