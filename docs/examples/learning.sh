#!/usr/bin/env bash
# Learns a lesson from an expert's reply, approves it, learns everything anew and promotes the result:
#   bash docs/examples/learning.sh HOST:PORT
# It takes an empty tenant to make sense: RerunLearning reads everything that was ever published.
set -euo pipefail
source "$(dirname "$0")/call.sh"

# The id that stands in the field $1 of the JSON on stdin, without asking for jq.
id_of() { sed -nE "s/.*\"$1\": *\"([^\"]+)\".*/\1/p" | head -n 1; }

call InteractionService/PublishInteractions '{
  "user_id": "example-otto",
  "session_id": "returns-1",
  "wait": "WAIT_LEVEL_LEARNED",
  "interactions": [
    {"role": "User", "content": "What is your return policy for electronics?"},
    {"role": "Agent", "content": "You can return electronics within 30 days of purchase.",
     "expert_content": "Electronics can be returned within 30 days of purchase with the original receipt. Opened software is final sale."}
  ]
}'
call PlaybookService/ListUserPlaybooks '{"user_id": "example-otto"}'

# Long work is an operation: WatchOperation ends when it does.
operation=$(call PlaybookService/AggregatePlaybooks '{}' | id_of operationId)
call OperationService/WatchOperation "{\"operation_id\": \"$operation\"}"
lesson=$(call PlaybookService/ListAgentPlaybooks '{"approval_statuses": ["APPROVAL_STATUS_PENDING"]}' | id_of playbookId)
call PlaybookService/ReviewAgentPlaybook "{
  \"playbook_id\": \"$lesson\",
  \"decision\": \"REVIEW_DECISION_APPROVE\",
  \"reviewer\": \"returns desk\"
}"

operation=$(call LearningService/RerunLearning '{}' | id_of operationId)
call OperationService/WatchOperation "{\"operation_id\": \"$operation\"}"
call LearningService/PromoteGeneration '{}'
call LearningService/GetLearningStatus '{"user_id": "example-otto"}'
