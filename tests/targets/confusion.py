"""How does the score of the zoo look as a table of Markdown?"""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.targets.play import Play
from tests.targets.score import Outcome, Score, outcome

_HEAD = (
    "| service | truth | named first, with monitors | without | evidence off by at most |",
    "|---|---|---|---|---|",
)


def table(score: Score) -> str:
    """One row for each target, and the sums below."""
    return "\n".join([*_HEAD, *_rows(score), "", *_sums(score)])


def _rows(score: Score) -> Iterator[str]:
    for target in score.targets:
        watched = score.of(target, is_watched=True)
        blind = score.of(target, is_watched=False)
        if not watched and not blind:
            continue
        yield (
            f"| {target.what} | `{target.kind}` | {_named(watched)} | {_named(blind)} "
            f"| {_furthest([*watched, *blind])} |"
        )


def _named(plays: Sequence[Play]) -> str:
    """What was named how often, the most frequent first; runs that are no answer at the end."""
    valid = [play for play in plays if not play.void_because]
    names = Counter(
        f"`{play.named}`{f' {play.confidence}' if play.confidence else ''}" for play in valid
    )
    told = [f"{count} x {name}" for name, count in names.most_common()]
    if len(valid) < len(plays):
        told.append(f"{len(plays) - len(valid)} void")
    return ", ".join(told) or "-"


def _furthest(plays: Sequence[Play]) -> str:
    """The figure that is furthest from what the instruments saw."""
    every = [one for play in plays if not play.void_because for one in play.deviations]
    if not every:
        return "-"
    worst = max(every, key=lambda one: abs(one.ratio))
    return f"{abs(worst.ratio):.1%} ({worst.figure})"


def _sums(score: Score) -> Iterator[str]:
    for is_watched, way in ((True, "With monitors"), (False, "Without")):
        counts = score.counts(is_watched=is_watched)
        told = ", ".join(f"{count} {one}" for one, count in counts.items() if count)
        if told:
            yield f"{way}: {told}."
    worst = [
        f"{target.name} as {play.named}"
        for target in score.targets
        for play in score.plays
        if play.target == target.name
        and play.confidence == "high"
        and outcome(target, play) is Outcome.WRONG
    ]
    yield f"Wrong with high confidence: {', '.join(worst) or 'none'}."
