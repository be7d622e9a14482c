#!/usr/bin/env bash
# Listens to one person's changes while two of them happen: bash docs/examples/watch.sh HOST:PORT
# A later watch goes on after the last `resumeToken` when it sends it as `resume_token`.
set -euo pipefail
source "$(dirname "$0")/call.sh"

(
  sleep 2
  call InteractionService/PublishInteractions '{
    "user_id": "example-kenji",
    "session_id": "run-1",
    "interactions": [{"role": "User", "content": "Eleven kilometres and the knee felt nothing."}]
  }'
  call InteractionService/DeleteInteractions '{"user_id": "example-kenji"}'
) >/dev/null &
publisher=$!

watch 5 InteractionService/WatchInteractions '{"user_id": "example-kenji", "heartbeat_seconds": 1}'
wait "$publisher"
