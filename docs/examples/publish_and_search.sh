#!/usr/bin/env bash
# Publishes a conversation of three turns and finds one of them: bash docs/examples/publish_and_search.sh HOST:PORT
set -euo pipefail
source "$(dirname "$0")/call.sh"

call InteractionService/PublishInteractions '{
  "user_id": "example-ada",
  "session_id": "boiler-1",
  "source": "support-chat",
  "agent_version": "support-1.4",
  "request_id": "example-boiler-1",
  "interactions": [
    {"role": "User", "speaker": "Ada", "content": "The boiler makes a humming noise at night."},
    {"role": "Agent", "content": "Is the pressure below one bar?",
     "tools_used": [{"tool_name": "lookup_manual", "status": "ok", "tool_data": {"page": 12}}]},
    {"role": "User", "user_action": "USER_ACTION_CLICK", "user_action_description": "Clicked: book an engineer"}
  ]
}'

call InteractionService/SearchInteractions '{
  "query": "what noise does the boiler make?",
  "user_id": "example-ada",
  "top_k": 3
}'
