#!/usr/bin/env bash
# Publishes over a bidirectional stream; every message is a line of JSON on stdin:
#   bash docs/examples/stream_publish.sh HOST:PORT
# Run it twice: the second run is answered with `duplicate`, nothing is stored again.
set -euo pipefail
source "$(dirname "$0")/call.sh"

call InteractionService/StreamPublish <<'MESSAGES'
{"open": {"stream_id": "example-till-4", "user_id": "example-ada", "session_id": "shop-7", "source": "web-shop", "return_interaction_ids": true}}
{"append": {"offset": "0", "interactions": [{"role": "User", "user_action": "USER_ACTION_VIEW", "user_action_description": "Viewed the red kettle", "product_ref": {"product_id": "kettle-red"}}]}}
{"append": {"offset": "1", "interactions": [{"role": "User", "content": "Is it dishwasher proof?"}, {"role": "Agent", "content": "The lid is, the kettle itself is not."}]}}
{"flush": {}}
{"finish": {}}
MESSAGES

call InteractionService/GetPublishStream '{"stream_id": "example-till-4"}'
