"""How are latencies added up and read, without keeping every sample?

One type for the whole package, over the Rust core's HdrHistogram of nanoseconds: 3 significant
digits, mergeable, so that percentiles of several seconds or threads are never averaged.
"""

from collections.abc import Iterable
from math import ceil, floor, sqrt

from capacity._core import Histogram, __version__
from capacity._core import is_release_build as _is_release_build
from capacity.model.snapshot import LatencySummary

__all__ = ["LEAST_ABOVE", "Histogram", "core_version", "is_release_build", "merge", "summarize"]

# A tail percentile with fewer samples above it is the luck of a few requests.
LEAST_ABOVE = 10
# Half the width of a 95 % interval in standard deviations of a normal distribution.
_Z_95 = 1.96


def merge(blobs: Iterable[bytes]) -> Histogram:
    """Add up serialised histograms; empty blobs count nothing."""
    total = Histogram()
    for blob in blobs:
        if blob:
            total.add(Histogram.from_blob(blob))
    return total


def summarize(histogram: Histogram, *, least_above: int = LEAST_ABOVE) -> LatencySummary | None:
    """The numbers people read; None when nothing was recorded, because missing is not zero.

    A tail percentile that fewer than `least_above` samples lie above is withheld.
    """
    if histogram.count == 0:
        return None

    def tail(above_per_mille: int) -> float | None:
        if histogram.count * above_per_mille < 1000 * least_above:
            return None
        return histogram.quantile_s((1000 - above_per_mille) / 1000)

    low_s, high_s = _p99_interval(histogram)
    return LatencySummary(
        count=histogram.count,
        mean_s=histogram.mean_s,
        min_s=histogram.min_s,
        max_s=histogram.max_s,
        p50_s=histogram.quantile_s(0.50),
        p90_s=tail(100),
        p95_s=tail(50),
        p99_s=tail(10),
        p999_s=tail(1),
        p99_low_s=low_s,
        p99_high_s=high_s,
    )


def _p99_interval(histogram: Histogram) -> tuple[float | None, float | None]:
    """Between which samples the true P99 lies at 95 %, whatever the distribution.

    The number of samples below it is binomial with n and 0.99, so its ranks are known without any
    assumption on the latencies. Half a rank is taken off because the quantile rounds up.
    """
    count = histogram.count
    if count < 100 * LEAST_ABOVE:
        return None, None
    spread = _Z_95 * sqrt(count * 0.99 * 0.01)
    low = floor(count * 0.99 - spread)
    high = min(ceil(count * 0.99 + spread) + 1, count)
    return histogram.quantile_s((low - 0.5) / count), histogram.quantile_s((high - 0.5) / count)


def core_version() -> str:
    """Version of the compiled core, which is also the version of the package."""
    return __version__


def is_release_build() -> bool:
    """Whether the core was compiled with optimisation; a debug build measures nothing."""
    return _is_release_build
