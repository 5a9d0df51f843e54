"""What do folded stacks say? One stack a line, the outermost first: `main;serve;parse 42`.

py-spy writes them with `-f raw`, async-profiler as `collapsed`, and so do the scripts of flame
graphs. They tell neither how long was looked nor how often, so cores are not known.
"""

from collections import Counter

from capacity.stacks.sampled import Sampled, StackError, short_name

MAX_FRAMES = 2_000_000
_MAX_WEIGHT_DIGITS = 18
_MANY_BAD_LINES_RATIO = 0.1


def read_folded(content: bytes) -> Sampled:
    """Add up all stacks; a few lines that are none, such as warnings, are passed over."""
    flat: Counter[str] = Counter()
    cumulative: Counter[str] = Counter()
    total = frames = bad = good = 0
    for line in content.decode("utf-8", "replace").splitlines():
        if not line.strip():
            continue
        names, _, digits = line.strip().rpartition(" ")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_WEIGHT_DIGITS
        if not names or not is_number:
            bad += 1
            continue
        good += 1
        stack = [short_name(name.strip()) for name in names.split(";") if name.strip()]
        frames += len(stack)
        if frames > MAX_FRAMES:
            raise StackError(f"its stacks have more than {MAX_FRAMES:,} frames")
        weight = int(digits)
        total += weight
        if stack:
            flat[stack[-1]] += weight
        for name in set(stack):
            cumulative[name] += weight
    if bad > _MANY_BAD_LINES_RATIO * (bad + good):
        raise StackError(f"{bad} of its {bad + good} lines are no stack with a number behind it")
    return Sampled(dict(flat), dict(cumulative), total, sample_count=total)
