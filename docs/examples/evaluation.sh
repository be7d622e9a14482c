#!/usr/bin/env bash
# Compares a shadow answer with the one that the user saw, reports how the session ended, and lists evaluations:
#   bash docs/examples/evaluation.sh HOST:PORT
set -euo pipefail
source "$(dirname "$0")/call.sh"

call InteractionService/PublishInteractions '{
  "user_id": "example-rita",
  "session_id": "refund-1",
  "interactions": [
    {"role": "User", "content": "My phone number is 555-0100. I would like to get a refund."},
    {"role": "Agent", "content": "Happy to help you with that. What is your email or phone number?",
     "shadow_content": "Happy to help. I can see your phone number is 555-0100. I have sent the refund there."}
  ]
}'

# Operation, verdicts, report. With one pair nothing is decided, and the report says so.
call EvaluationService/CompareArms '{"filter": {"user_id": "example-rita"}, "request_id": "example-compare-1"}'

call EvaluationService/AuditJudge '{
  "pairs": [
    {"question": "I would like to get a refund.", "production": "What is your email?",
     "challenger": "I have sent the refund to the card that you paid with.", "label": "PAIR_WINNER_CHALLENGER"}
  ]
}'

call EvaluationService/ReportSessionOutcome '{
  "user_id": "example-rita", "session_id": "refund-1", "action": "refund", "value": 12.5, "replace": true
}'
call EvaluationService/ListSessionEvaluations '{"filter": {"user_id": "example-rita"}}'
call EvaluationService/GetEvaluationConfig '{}'
