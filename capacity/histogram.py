"""How are latencies added up and read, without keeping every sample?

One type for the whole package, over the Rust core's HdrHistogram of nanoseconds: 3 significant
digits, mergeable, so that percentiles of several seconds or threads are never averaged.
"""

from collections.abc import Iterable

from capacity._core import Histogram, __version__
from capacity._core import is_release_build as _is_release_build
from capacity.model.snapshot import LatencySummary

__all__ = ["Histogram", "core_version", "is_release_build", "merge", "summarize"]


def merge(blobs: Iterable[bytes]) -> Histogram:
    """Add up serialised histograms; empty blobs count nothing."""
    total = Histogram()
    for blob in blobs:
        if blob:
            total.add(Histogram.from_blob(blob))
    return total


def summarize(histogram: Histogram) -> LatencySummary | None:
    """The numbers people read; None when nothing was recorded, because missing is not zero."""
    if histogram.count == 0:
        return None
    return LatencySummary(
        count=histogram.count,
        mean_s=histogram.mean_s,
        min_s=histogram.min_s,
        max_s=histogram.max_s,
        p50_s=histogram.quantile_s(0.50),
        p90_s=histogram.quantile_s(0.90),
        p95_s=histogram.quantile_s(0.95),
        p99_s=histogram.quantile_s(0.99),
        p999_s=histogram.quantile_s(0.999),
    )


def core_version() -> str:
    """Version of the compiled core, which is also the version of the package."""
    return __version__


def is_release_build() -> bool:
    """Whether the core was compiled with optimisation; a debug build measures nothing."""
    return _is_release_build
