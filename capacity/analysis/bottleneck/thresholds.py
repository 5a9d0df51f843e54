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
