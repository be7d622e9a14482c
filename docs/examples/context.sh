#!/usr/bin/env bash
# Publishes a conversation, waits until it is learnt from, adds a fact by hand and asks for the text that belongs into the
# system prompt of the agent: bash docs/examples/context.sh HOST:PORT
set -euo pipefail
source "$(dirname "$0")/call.sh"

# WAIT_LEVEL_LEARNED answers once the facts can be found: learningState is LEARNING_STATE_DONE.
call InteractionService/PublishInteractions '{
  "user_id": "example-ines",
  "session_id": "dinner-1",
  "wait": "WAIT_LEVEL_LEARNED",
  "interactions": [
    {"role": "User", "content": "I am Ines and I live in Lisbon. I am allergic to peanuts."},
    {"role": "Agent", "content": "Noted: nothing with peanuts."}
  ]
}'
call ProfileService/ListProfiles '{"user_id": "example-ines"}'

# By hand; the request_id makes it safe to run this twice.
call ProfileService/CreateProfile '{
  "request_id": "example-ines-oven",
  "profile": {
    "user_id": "example-ines",
    "content": "Has no oven, only two hotplates",
    "category": "environment",
    "time_to_live": "TIME_TO_LIVE_ONE_YEAR"
  }
}'

call ContextService/GetContext '{
  "user_id": "example-ines",
  "query": "What may I cook for her tonight?",
  "session_id": "dinner-2",
  "token_budget": 400
}'
