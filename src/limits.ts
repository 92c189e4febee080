/**
 * Every time that a run is given, in the order of its life: in milliseconds, or as a share of what systemd gives the
 * unit. test/unit/limits.test.ts holds how they relate.
 */

// From the first line until the container is ready.

/** How long after the first try an Engine that is not up yet is tried again; from then on twice as long each time. */
export const START_RETRY_FIRST_MS = 100
/** The longest time between two such tries. */
export const START_RETRY_MOST_MS = 1000
/** How long an Engine that is not up yet may take to answer a try: it may hang, or systemd may listen in its place. */
export const START_ANSWER_MS = 2000
/** How old what the Engine has said of a name may be for a start to go by it. */
export const EARLY_LOOK_MS = 2000
/** How long an Engine that is not up yet is waited for in a unit that may start for as long as it takes. */
export const ENGINE_TIMEOUT_MS = 60_000
/** How long systemctl may take to answer. */
export const SYSTEMCTL_ANSWER_MS = 5000
/** The same of what a start depends on: a host that starts a hundred units at once takes longer than that. */
export const START_SYSTEMCTL_ANSWER_MS = 30_000
/** How much of that the bus may take before systemctl is started: a shutdown may have stopped it already. */
export const BUS_SHARE = 0.2
/** How long a container that is being removed, or whose end the Engine has not noticed, may keep its name. */
export const NAME_IN_USE_MS = 10_000
/** How often a container that Docker is about to start again is looked at. */
export const DOCKER_RESTART_LOOK_MS = 50
/** How long the Engine may take to create or to start a container before systemd is told that it is at it. */
export const SLOW_PHASE_MS = 1000
/** How long nothing may arrive before a pull is given up. */
export const PULL_STANDSTILL_MS = 60_000
/** How often systemd is told how far a pull is. */
export const PULL_STATUS_MS = 1000
/**
 * How long systemd is asked to wait for the next word of a pull (sd_notify(3), `EXTEND_TIMEOUT_USEC=`): longer than a
 * standstill, and as long for the start that follows as systemd gives any
 * (systemd-system.conf(5), `DefaultTimeoutStartSec=`).
 */
export const PULL_EXTENSION_MS = 90_000
/** How long after the first probe of `--ready` the next is made; from then on twice as long each time. */
export const READY_RETRY_FIRST_MS = 100
/** The longest time between two such probes where nobody has said one. */
export const READY_INTERVAL_MS = 1000
/** The shortest time between two such probes, and for one, that somebody may say. */
export const READY_LEAST_MS = 10
/** How long one such probe may take where nobody has said it. */
export const READY_PROBE_MS = 5000
/**
 * How long after a connection was made it must have stayed open at least: Docker's proxy accepts one to a published
 * port before anybody listens behind it, and closes it then.
 */
export const CONNECTION_STAYS_MS = 200
/** How often a container that is waited for is looked at whether it is unhealthy, or has ended without the Engine. */
export const AWAITED_LOOK_MS = 1000
/** How often systemd is told what is waited for. */
export const AWAITED_STATUS_MS = 1000
/**
 * How long systemd is to wait beyond `--ready-timeout`: the container that is not ready is stopped and removed then.
 */
export const READY_ENDING_MS = 15_000
/** How long Docker's log may take to say what a container said last. */
export const LAST_OUTPUT_MS = 2000
/** How long the Engine may take to notice that a container has ended whose init is gone right after its start. */
export const EARLY_END_NOTICE_MS = 1000
/**
 * How long a hook may take to finish what it is in the middle of, or to undo it, when the run is asked to stop. Moving
 * a container of 2,500 processes takes a third of a second.
 */
export const HOOK_ABORT_MS = 5000
/**
 * How long a move that is under way may still take when the run is asked to stop: half a container in the unit is
 * worse than a stop that comes a little later.
 */
export const MOVE_FINISH_MS = 4000
/** How long the undoing of one thing may take. */
export const UNDO_MS = 10_000
/** How long the undoing of everything may take after something was thrown that nobody caught. */
export const UNWIND_MS = 10_000

// While the container runs.

/** How long whoever reads the container's output may take nothing of it when the unit stops, before it is given up. */
export const STUCK_READER_MS = 5000
/** How long journalctl may take to say what is in the journal, which nothing waits for. */
export const JOURNAL_ANSWER_MS = 20_000
/** How long journald may take to read what a run wrote that was killed, 8 MB at most, which nothing waits for. */
export const JOURNAL_READING_MS = 60_000
/** A journald that writes, and for so long nothing of what a run wrote that was killed, has read it all. */
export const JOURNAL_QUIET_MS = 1000
/** How long after a start what only the start needed is given back: a host that starts many units is done by then. */
export const SHED_MEMORY_MS = 20_000
/**
 * How long nothing may come of a line of the container's output that is not finished before it goes to the journal as
 * it is. The Engine cuts output anywhere, and a host with more to do than it can takes seconds until it has the rest.
 */
export const UNFINISHED_LINE_MS = 5000
/** How long after its last line an entry of several may go on (`--multiline`). */
export const UNFINISHED_ENTRY_MS = 1000
/** How long after the journal had no room for an entry it is tried again; from then on twice as long each time. */
export const JOURNAL_RETRY_FIRST_MS = 1
/** The longest time between two such tries. */
export const JOURNAL_RETRY_MOST_MS = 100
/** How often a command in the container is looked at that has closed its output and not ended yet. */
export const EXEC_END_LOOK_MS = 50
/** How long after a reload's time is over it is still waited for: systemd's own timer comes a little late. */
export const RELOAD_LATE_MS = 1000
/** How long the Engine may take to tell what a health check has said. */
export const HEALTH_ANSWER_MS = 2000
/**
 * How long after an end that somebody asked the Engine for the Engine may take to begin what comes next, another start,
 * or its own end: so long at least, and so many times as long as it has taken to start the container, as a busy host
 * takes long again.
 */
export const SEQUEL_MS = 1000
export const SEQUEL_STARTS = 3
/** How long after one stream of an Engine that has gone away another's end may take to arrive. */
export const CUT_MS = 100
/** How long after an Engine went away it is tried for the first time; from then on twice as long each time. */
export const OUTAGE_RETRY_FIRST_MS = 100
/** The longest time between two such tries. */
export const OUTAGE_RETRY_MOST_MS = 2000
/** How long an Engine that was away may take to answer one question of a try. */
export const OUTAGE_ANSWER_MS = 5000
/** How long an Engine may stay away once the container has ended, before its exit status is given up. */
export const OUTAGE_AFTER_END_MS = 30_000

/**
 * How long what a container tells systemd waits, where it tells more than is read or sent at a time (`--notify`).
 */
export const NOTIFY_PACE_MS = 20
/** How soon systemd is asked again what the unit is doing, where a message of the container depends on that. */
export const NOTIFY_QUESTION_MS = 1000

// A stop, within the unit's time (`TimeoutStopSec=`): the container is killed that has not ended by itself, then the
// Engine is given up that has not told of the end, then this process ends, before systemd kills it.

/**
 * How long a stop goes on before one more SIGTERM hurries it: what comes before that is the same stop, which sudo,
 * start scripts and `ExecStop=/bin/kill` ask for beside systemd.
 */
export const HURRY_AFTER_MS = 3000
/** How soon after systemd has begun to send signals one of them may arrive here. */
export const SYSTEMD_SIGNAL_MS = 1000
/** How long a command of ExecStop= that has sent us a signal may take to end, so that systemd sends its own. */
export const EXEC_STOP_MS = 200
/** What this process keeps of the unit's time for its own end, at least. */
export const ENDING_MS = 500
/** The same, in times that it took to start a program: a host on which that takes long is slow to end one, too. */
export const ENDING_STARTS = 3
/** What it keeps at most, as a share of the unit's time. */
export const ENDING_SHARE = 1 / 4
/** What is left of the unit's time when the container is killed, as a share of it. */
export const KILLED_SHARE = 1 / 4
/** What is left then of a long time, however long that is. */
export const KILLED_MS = 3000
/** What is left then at least, in times of what this process keeps for its own end. */
export const KILLED_ENDINGS = 1.5
/**
 * How long the Engine may take to answer anything before it counts as one that hangs, as a share of the unit's time.
 */
export const HANGS_SHARE = 1 / 4
/** How long it may take in a unit with a long time, or none. */
export const HANGS_MS = 5000
/** How long after an answer the Engine is asked again whether it hangs, while it is at something that takes long. */
export const HANGS_LOOK_MS = 1000
/** How much later than systemd-docker the Engine kills a container whose time to stop is over, at least. */
export const ENGINE_KILLS_LATER_MS = 500
/** How long the Engine may take to kill the container when a second signal hurries the stop. */
export const HURRIED_KILL_MS = 2000
/** How long a container init may take to be gone after SIGKILL without the Engine. */
export const INIT_KILL_MS = 1000
/**
 * How often a container init is looked at that a signal was sent to: the end of a process that is not a child comes to
 * nobody on the Node versions that are supported.
 */
export const INIT_LOOK_MS = 50

// After the container's end.

/**
 * How long a hook may take over a container that has ended or was started again, while systemd still has the unit
 * active.
 */
export const HOOK_AFTER_MS = 10_000
/**
 * The same if the Engine does not answer: a hook that asks it waits in vain, and systemd's stop timeout is nearly
 * over.
 */
export const HOOK_WITHOUT_ENGINE_MS = 200

/** How long it may take to pass on the last messages of a container that has ended. */
export const NOTIFY_LAST_MS = 500
/** How long the last word of a container waits for the last of its output, which the journal may take slowly. */
export const OUTPUT_END_MS = 1000
/**
 * How long the journal may take to take this process's last words, where these have a stream of their own, and whoever
 * reads an output when the unit stops.
 */
export const JOURNAL_FLUSH_MS = 500

// `finish`, in ExecStopPost=.

/** How long the Engine may take to notice the end of a container whose processes systemd has ended. */
export const FINISH_NOTICE_MS = 10_000
/** How long the configuration and the plugins of the site may take to load. */
export const FINISH_LOAD_MS = 5000
/** How long the file system of a pid file may take. */
export const PID_FILE_REMOVAL_MS = 2000
/** How long after no answer systemd is asked again whether it was asked to stop the unit. */
export const STOP_ASKED_RETRY_MS = 200
/** How long the plugins wait for that answer: without it they are told that the unit was not asked to stop. */
export const STOP_ASKED_ANSWER_MS = 2000
