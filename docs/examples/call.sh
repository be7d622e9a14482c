# Sourced by the examples beside it. `call SERVICE/METHOD [JSON]` makes one call with grpcurl or, where that is not
# installed, with the buf that `make install` puts into .venv. Without JSON it sends what stands on stdin.
# `watch SECONDS SERVICE/METHOD JSON` listens to a stream for that long. INTERPLAY_API_KEY is sent when it is set;
# INTERPLAY_CALLER=grpcurl or buf picks the program.

target=${1:-${INTERPLAY_TARGET:-127.0.0.1:50051}}
buf=$(dirname "${BASH_SOURCE[0]}")/../../.venv/bin/buf
[ -x "$buf" ] || buf=buf
caller=${INTERPLAY_CALLER:-$(command -v grpcurl >/dev/null && echo grpcurl || echo buf)}
headers=()
[ -z "${INTERPLAY_API_KEY:-}" ] || headers=(-H "authorization: Bearer $INTERPLAY_API_KEY")

command_of() {
  if [ "$caller" = grpcurl ]; then
    command=(grpcurl -plaintext ${headers[@]+"${headers[@]}"} -d "${2:-@}" "$target" "interplay.v1.$1")
  else
    command=("$buf" curl --protocol grpc --http2-prior-knowledge ${headers[@]+"${headers[@]}"} -d "${2:-@-}" "http://$target/interplay.v1.$1")
  fi
}

call() {
  local command
  command_of "$@"
  echo "# $1" >&2
  "${command[@]}"
}

# A feed has no end of its own: after the given time it is cut, which is not a failure.
watch() {
  local command seconds=$1 pid
  shift
  command_of "$@"
  echo "# $1, for $seconds seconds" >&2
  "${command[@]}" 2>/dev/null &
  pid=$!
  sleep "$seconds"
  kill "$pid" 2>/dev/null || { wait "$pid"; return; }
  wait "$pid" 2>/dev/null || true
}
