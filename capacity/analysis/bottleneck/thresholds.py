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
