"""From which value on does a resource count as used up, waited for, or at ease?

All of them are defaults by judgement unless a source is named. One table, so that they can be
looked over together; classes take them from here.
"""

# CPU of a container or process, as a share of its limit.
CPU_FULL_RATIO = 0.90
CPU_BUSY_RATIO = 0.80
CPU_EASY_RATIO = 0.50
# CFS periods in which the quota ran out (kubernetes-mixin alerts at 25 %).
THROTTLED_RATIO = 0.25
THROTTLED_SOME_RATIO = 0.10
# Pressure stall information: share of time in which some task waited for a CPU.
PSI_CPU_RATIO = 0.30

# A resource that is this high at the first load already is background, not cause.
RISES_SPEARMAN = 0.8

# What callers see. Throughput with less scatter over the levels than this is constant; a limiter
# that queues keeps it within the second.
CONSTANT_CV_RATIO = 0.05
PACED_CV_RATIO = 0.02
# A limit that somebody has typed in is a round number; no service is so near to one for long.
ROUND_RATIO = 0.005
# So near to it, and so constant, that a pool which happens to fit as well is the lesser guess.
SET_ROUND_RATIO = 0.0025
SET_CV_RATIO = 0.005
# Slots this near to a whole number fit a pool; from the second value on every number does.
SLOTS_NEAR_RATIO = 0.10
SLOTS_CLOSE_RATIO = 0.05
# This near to one, a pool accounts for the throughput as well as a round number does.
SLOTS_EXACT_RATIO = 0.025
SLOTS_PROVE_NOTHING = 5
# Fewer slots than this mean that requests wait while nothing works on them.
SLOTS_OF_LIMITER = 0.5
# P90 / P50: who waits in a line waits as long as the others; a quota that runs out in the middle of
# the work, or cores that many share, let some wait much longer.
UNEVEN_LATENCY_RATIO = 1.15
# Share of requests that failed from which on a step tells of failures.
FAILED_LEAST_RATIO = 0.01
# Median latency of failures over that of good answers: answered without doing the work.
FAST_ERROR_RATIO = 0.5
# Throughput has fallen when two levels beyond its peak are so much lower.
FALLEN_RATIO = 0.10
# The probability of a fall that the curve itself must leave.
RETROGRADE_LEAST_P = 0.35
# Share of the concurrency that waits for a lock at the same time.
LOCK_WAITS_SHARE = 0.25
# Share of the latency in which the answer's body comes in.
TRANSFER_MOST_RATIO = 0.50
# Where the generator is at its end; as a step's validity has them.
GENERATOR_CPU_AT_END_RATIO = 0.95
GENERATOR_WAIT_AT_END_RATIO = 0.20
GENERATOR_TAKEN_AT_END_RATIO = 0.05
GENERATOR_LAG_AT_END_RATIO = 0.20
GENERATOR_LAG_AT_END_S = 0.005
# A median wake-up this late is no noisy neighbour: the thread is busy all the time.
GENERATOR_LAG_USUAL_S = 0.001
# A service that uses more of its CPU than this may be the limit, however busy the generator is.
CPU_MODERATE_RATIO = 0.70
# Latencies that pile up: from the median to the 90th percentile hardly anything changes.
PILED_UP_RATIO = 0.02
# And so much for the timers and the way of those who gave up.
PILED_UP_S = 0.02
TIMEOUT_LEAST_S = 0.1
TIMEOUT_ROUND_RATIO = 0.02
# The kernel asks for a connection again after a second, and again after two more.
SYN_AGAIN_S = 0.95
# Sizes of answers from which on their transfer can be what takes the time.
ANSWER_LARGE_BYTES = 8192.0
# Share of a request without keep-alive that goes into opening its connection.
OPENING_RATIO = 0.20

# Saturation of the resources in resources.py; shares unless another unit is named.
HOT_THREAD_RATIO = 0.90
MEMORY_FULL_RATIO = 0.90
PSI_MEMORY_STALLED_RATIO = 0.05
RESTARTS_LEAST = 1.0
POOL_FULL_RATIO = 0.95
WAITING_LEAST = 1.0
DATABASE_CONNECTIONS_FULL_RATIO = 0.95
DATABASE_CACHE_HITS_LEAST_RATIO = 0.95
REDIS_BUSY_RATIO = 0.90
REDIS_MEMORY_FULL_RATIO = 0.95
NODE_CPU_FULL_RATIO = 0.90
STEAL_RATIO = 0.05
DISK_BUSY_RATIO = 0.90
DISK_QUEUE_LONG = 10.0
PSI_IO_STALLED_RATIO = 0.10
VOLUME_FULL_RATIO = 0.95
NETWORK_FULL_RATIO = 0.85
RETRANSMITTED_RATIO = 0.01
CONNTRACK_FULL_RATIO = 0.75
DESCRIPTORS_FULL_RATIO = 0.80
# More than one event in 100 s: events that must not happen at all.
EVENTS_LEAST_PER_S = 0.01
# Share of time that a collector stops everything.
PAUSES_RATIO = 0.10
# Of the load generator's busiest thread; k6 advises to leave 20 % idle.
GENERATOR_CPU_FULL_RATIO = 0.80
GENERATOR_LAG_LONG_S = 0.010
# Share of a request's median time beyond that without load, from which on it mostly waits.
QUEUEING_RATIO = 0.30
# Throttled periods that tell of a used-up quota where the share of the limit is not known.
THROTTLED_MOSTLY_RATIO = 0.50
# A single-threaded process or a single hot thread, in cores; it cannot use more than one.
ONE_CORE_FROM = 0.90
ONE_CORE_TO = 1.10
# Cores that it could use, so that one core is not simply its limit.
SEVERAL_CORES = 1.5

# A replica beyond so many times the mean of its workload, and busy enough for that to matter.
UNEVEN_RATIO = 1.5
HOT_REPLICA_RATIO = 0.50
HOT_REPLICA_CORES = 0.30
# Memory that rose by so much of its limit over the levels was not simply there from the start.
MEMORY_RISE_RATIO = 0.05
# Less than half an event: growth of a counter as some sources extrapolate it.
HAPPENED_COUNT = 0.5
# Statements that run at the same time, for each core of the database.
ACTIVE_PER_CORE = 2.0
# A database that has so much of a full machine's CPU is what fills it.
MOST_OF_MACHINE_RATIO = 0.50
# Answers that are failures, from which on a level has errors and not accidents.
FAILURES_RATIO = 0.01
# What the edge adds to a request, as a share of all of it, and how far that has grown.
EDGE_SHARE_RATIO = 0.30
EDGE_GROWTH_RATIO = 2.0
EDGE_ERRORS_RATIO = 0.01
# Collections that stop everything for so much of the time are beyond doubt.
PAUSES_SURE_RATIO = 0.20
# Stretches in which nothing was completed: no CPU quota stops longer than its period of 100 ms.
PAUSE_LONG_S = 0.12
# Shorter ones count where no quota can be the reason: it was seen not to run out, or throughput
# grew so many times as high beyond a load at which they took so much of the time.
PAUSE_SHORT_S = 0.05
PAUSE_GROWTH_RATIO = 1.3
PAUSE_MUCH_RATIO = 0.20
PAUSE_SHARE_RATIO = 0.05
PAUSE_TAIL_RATIO = 5.0
PAUSE_LEAST_TIMES = 2
# What is beyond its threshold at the first load already, but so many times as high later, answers
# to the load and is no background.
BACKGROUND_GROWTH_RATIO = 2.0
# An exporter tells 1 while its server lets it in, and 0 when that refused it once.
REFUSED_ONCE = 0.0
# A resource is at ease while it stays below this share of what would make it full.
EASE_RATIO = 0.85
# Failures that took less of the time of a good answer were refused, and not worked on.
REFUSED_SPEED_RATIO = 0.5
