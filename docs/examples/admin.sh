#!/usr/bin/env bash
# Asks what the server is, makes a key, lists and revokes it: bash docs/examples/admin.sh HOST:PORT
# Where the server asks for credentials, set INTERPLAY_API_KEY to a key with the right ADMIN.
set -euo pipefail
source "$(dirname "$0")/call.sh"

call AdminService/GetServerInfo '{}'

made=$(call AdminService/CreateApiKey '{
  "display_name": "example reader",
  "rights": ["ACCESS_RIGHT_READ"],
  "expire_time": "2100-01-01T00:00:00Z"
}')
# The secret is shown this once; here it is struck out.
sed -E 's/("secret": *)"[^"]*"/\1"..."/' <<<"$made"
id=$(sed -nE 's/.*"apiKeyId": *"([^"]+)".*/\1/p' <<<"$made" | head -n 1)

call AdminService/ListApiKeys '{"page_size": 10}'
call AdminService/RevokeApiKey "{\"api_key_id\": \"$id\"}"
