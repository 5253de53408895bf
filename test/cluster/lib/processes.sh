# shellcheck shell=bash
# The cluster's processes by name: run/NAME.pid says which one it is, run/NAME.command how it is started.

started_at() { { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; } 2> /dev/null; }
state_of() { { sed 's/.*) //' "/proc/$1/stat" | cut -c1; } 2> /dev/null; }

# a number is used again: it counts only with the time at which its process started
record() { echo "$2 $(started_at "$2")" > "$RUN/$1.pid"; } # NAME PID
pid_of() { # NAME -> its pid while it lives
  local pid start
  [ -f "$RUN/$1.pid" ] && read -r pid start < "$RUN/$1.pid" || return 1
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] && [ "$(state_of "$pid")" != Z ] && echo "$pid"
}

# one up or down at a time; what they start closes the descriptor
lock() {
  mkdir -p "$(dirname "$STATE")"
  exec 9> "$STATE.lock"
  flock 9
}

in_node() { # NODE COMMAND...
  local init
  init=$(pid_of "$1.init") || die "$1 is not up"
  shift
  nsenter -t "$init" -m -u -n -p -- "$@"
}

# nsenter and unshare fork: the process that counts is their child
child_of() { # PID
  local child
  for _ in $(seq 250); do
    child=$(pgrep -P "$1" | head -1) && [ -n "$child" ] && echo "$child" && return
    [ -d "/proc/$1" ] || return 1
    sleep 0.02
  done
  return 1
}

define() { # NAME NODE COMMAND...
  local name=$1 node=$2
  shift 2
  { echo "$node"; printf '%q ' "$@"; echo; } > "$RUN/$name.command"
}

# a connection to a node that has vanished would hang for 45 s in client-go without the two timeouts
START='ulimit -n 65536 2> /dev/null; export HTTP2_READ_IDLE_TIMEOUT_SECONDS=5 HTTP2_PING_TIMEOUT_SECONDS=3; exec'
start() { # NAME, as it was defined
  local node command init pid
  pid_of "$1" > /dev/null && return
  [ -f "$RUN/$1.command" ] || die "no process is called $1: see \"cluster list\""
  { read -r node && read -r command; } < "$RUN/$1.command"
  init=$(pid_of "$node.init") || die "$node is not up"
  setsid nsenter -t "$init" -m -u -n -p -- bash -c "$START $command" >> "$LOGS/$1.log" 2>&1 < /dev/null 9>&- &
  pid=$(child_of $!) || die "$1 did not start, see $LOGS/$1.log"
  record "$1" "$pid"
}

stop() { # NAME [SIGNAL]: and KILL after 15 s
  local pid
  pid=$(pid_of "$1") || return 0
  kill "-${2:-TERM}" "$pid"
  for _ in $(seq 150); do
    pid_of "$1" > /dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid"
}

forward() { # NAME PORT ADDRESS: the host's 127.0.0.1:PORT to what node1 reaches as ADDRESS
  pid_of "$1" > /dev/null && return
  ! listening "$2" 2> /dev/null || die "something else listens on 127.0.0.1:$2"
  setsid "$NODETOOL" forward "127.0.0.1:$2" "/proc/$(pid_of node1.init)/ns/net" "$3" >> "$LOGS/$1.log" 2>&1 < /dev/null 9>&- &
  record "$1" $!
  wait_for 5 "127.0.0.1:$2, see $LOGS/$1.log" listening "$2"
}
listening() { : < "/dev/tcp/127.0.0.1/$1"; } # PORT
