#!/usr/bin/env bash
# Lists sessions and interactions, gets one, deletes a session: bash docs/examples/list_get_delete.sh HOST:PORT
set -euo pipefail
source "$(dirname "$0")/call.sh"

published=$(call InteractionService/PublishInteractions '{
  "user_id": "example-grace",
  "session_id": "kitchen-1",
  "interactions": [
    {"role": "User", "content": "Metric units please, I have no cups."},
    {"role": "Agent", "content": "250 g of flour, then."}
  ]
}')
echo "$published"
# The first id, without asking for jq: ids are the only strings of 26 letters and digits in this answer.
id=$(grep -oE '"[0-9A-Z]{26}"' <<<"$published" | head -n 1)

call InteractionService/ListSessions '{"user_id": "example-grace"}'
call InteractionService/ListInteractions '{"user_id": "example-grace", "session_id": "kitchen-1", "page_size": 10}'
call InteractionService/GetInteraction "{\"interaction_id\": $id}"

# Counted first, then deleted.
call InteractionService/DeleteInteractions '{"user_id": "example-grace", "session_id": "kitchen-1", "validate_only": true}'
call InteractionService/DeleteInteractions '{"user_id": "example-grace", "session_id": "kitchen-1"}'
