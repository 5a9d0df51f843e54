"""What has happened to the pods under test between two looks at them?

Pure: two snapshots of the watch's queries in, changes out. A query that failed, or that is empty
now and was not before, tells nothing; that is said, since unknown is not "nothing changed".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isfinite

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Change, ChangeKind
from capacity.monitors.answers import Answer, Fault
from capacity.monitors.members import name_some
from capacity.monitors.surroundings import Snapshot
from capacity.presets.kubernetes_watch import Watched, WatchQuery, watch_queries
from capacity.units import Unit

# A rollout of a large service must not fill a report.
MOST_CHANGES = 100
# The values of one series' labels, in the order of its query's.
_Key = tuple[str, ...]
_Values = Mapping[_Key, float]


@dataclass(frozen=True, slots=True)
class _Happened:
    """A change before it has its time; several of one kind and subject become one."""

    kind: ChangeKind
    subject: str
    detail: str


class KubernetesSurroundings:
    """Knows what to ask about the pods of a scope, and what two answers mean.

    Fulfils surroundings.Surroundings.
    """

    def __init__(self, scope: KubernetesScope) -> None:
        self._watched = watch_queries(scope)

    @property
    def queries(self) -> Mapping[str, str]:
        """The instant queries by name."""
        return {name.value: watched.query for name, watched in self._watched.items()}

    def changes(
        self, before: Snapshot, after: Snapshot, seen_at_unix_s: float
    ) -> tuple[Change, ...]:
        """What is different now, each kind once for a subject, at most MOST_CHANGES."""
        merged = _merged(_Pairs(self._watched, before, after))
        return tuple(
            Change(kind, subject, "; ".join(details), seen_at_unix_s)
            for (kind, subject), details in islice(merged.items(), MOST_CHANGES)
        )

    def unknown(self, before: Snapshot, after: Snapshot) -> tuple[str, ...]:
        """What could not be compared, and why, or is not listed."""
        pairs = _Pairs(self._watched, before, after)
        unlisted = len(_merged(pairs)) - MOST_CHANGES
        return (*pairs.unknown, *([f"{unlisted} more changes"] if unlisted > 0 else []))


class _Pairs:
    """Both answers to each query, where both can be compared."""

    def __init__(
        self, watched: Mapping[Watched, WatchQuery], before: Snapshot, after: Snapshot
    ) -> None:
        self._known: dict[Watched, tuple[_Values, _Values]] = {}
        unknown: dict[str, list[str]] = {}
        for name, query in watched.items():
            first, last = before.get(name.value), after.get(name.value)
            if isinstance(first, Fault):
                unknown.setdefault(first.detail, []).append(name.value)
            elif isinstance(last, Fault):
                unknown.setdefault(last.detail, []).append(name.value)
            elif first is None or last is None:
                unknown.setdefault("not asked", []).append(name.value)
            elif first.series and not last.series and name is not Watched.OOM_KILLED:
                unknown.setdefault("it is no longer told", []).append(name.value)
            else:
                self._known[name] = _values(first, query), _values(last, query)
        # A Prometheus that is gone fails every query alike: that is said once.
        self.unknown = tuple(f"{name_some(names)}: {why}" for why, names in unknown.items())

    def of(self, name: Watched) -> tuple[_Values, _Values]:
        """Both answers; empty when they cannot be compared."""
        return self._known.get(name, ({}, {}))


def _values(answer: Answer, query: WatchQuery) -> _Values:
    """The value of each series by its labels; one without a number is left out."""
    return {
        tuple(series.labels.get(label, "") for label in query.labels): series.samples[-1][1]
        for series in answer.series
        if series.samples and isfinite(series.samples[-1][1])
    }


def _merged(pairs: _Pairs) -> dict[tuple[ChangeKind, str], list[str]]:
    """The details of each kind and subject, none of them twice."""
    merged: dict[tuple[ChangeKind, str], list[str]] = {}
    for happened in _happened(pairs):
        details = merged.setdefault((happened.kind, happened.subject), [])
        if happened.detail not in details:
            details.append(happened.detail)
    return merged


def _happened(pairs: _Pairs) -> Iterator[_Happened]:
    yield from _pods(pairs)
    yield from _restarts(pairs)
    yield from _oom_events(pairs)
    yield from _images(pairs)
    yield from _limits(pairs)
    yield from _scaled(pairs)


def _pods(pairs: _Pairs) -> Iterator[_Happened]:
    """A pod made anew under its old name has another uid."""
    before, after = (_by_pod(values) for values in pairs.of(Watched.PODS))
    for pod in sorted(after.keys() - before.keys()):
        yield _Happened(ChangeKind.POD_JOINED, _name(pod), _on_nodes(after[pod]))
    for pod in sorted(before.keys() - after.keys()):
        yield _Happened(ChangeKind.POD_LEFT, _name(pod), _on_nodes(before[pod]))
    for pod in sorted(before.keys() & after.keys()):
        former, now = ({uid for uid, _ in side[pod]} for side in (before, after))
        if not former & now:
            detail = "replaced by a new pod of the same name"
            yield _Happened(ChangeKind.RESTARTED, _name(pod), detail)


def _by_pod(values: _Values) -> dict[_Key, set[tuple[str, str]]]:
    """The uids and nodes of each pod."""
    pods: dict[_Key, set[tuple[str, str]]] = {}
    for namespace, pod, uid, node in values:
        pods.setdefault((namespace, pod), set()).add((uid, node))
    return pods


def _on_nodes(places: set[tuple[str, str]]) -> str:
    nodes = sorted({node for _, node in places if node})
    return f"on {', '.join(nodes)}" if nodes else "on no node yet"


def _restarts(pairs: _Pairs) -> Iterator[_Happened]:
    """The reason of the last end stays for days, so it counts beside a restart only."""
    before, after = pairs.of(Watched.RESTARTS)
    _, killed = pairs.of(Watched.OOM_KILLED)
    pods_before, _ = pairs.of(Watched.PODS)
    old_pods = {(namespace, pod) for namespace, pod, *_ in pods_before}
    for container, count in sorted(after.items()):
        former = before.get(container)
        if former is None:
            # Of a pod that has just joined every restart is new; otherwise it was not told.
            former = 0.0 if old_pods and container[:2] not in old_pods else count
        if count <= former:
            continue
        grown = f"{former:.0f} -> {count:.0f}"
        yield _Happened(ChangeKind.RESTARTED, _name(container), f"restarts: {grown}")
        if killed.get(container) == 1:
            detail = f"killed for want of memory; restarts: {grown}"
            yield _Happened(ChangeKind.OOM_KILLED, _name(container), detail)


def _oom_events(pairs: _Pairs) -> Iterator[_Happened]:
    for container, former, now in _both(pairs, Watched.OOM_EVENTS):
        if now > former:
            detail = f"out-of-memory events: {former:.0f} -> {now:.0f}"
            yield _Happened(ChangeKind.OOM_KILLED, _name(container), detail)


def _images(pairs: _Pairs) -> Iterator[_Happened]:
    """Of all containers of one name, since a rollout gives pods new names; only a new image."""
    before, after = (_by_container(values) for values in pairs.of(Watched.IMAGES))
    for container in sorted(before.keys() & after.keys()):
        former, now = ({image for (image,), _ in side[container]} for side in (before, after))
        if now - former:
            detail = f"{_listed(former)} -> {_listed(now)}"
            yield _Happened(ChangeKind.IMAGE_CHANGED, _name(container), detail)


def _limits(pairs: _Pairs) -> Iterator[_Happened]:
    """Likewise; one that was set or taken away is told of a container that stayed."""
    before, after = (_by_container(values) for values in pairs.of(Watched.LIMITS))
    images_before, images_after = (_by_container(values) for values in pairs.of(Watched.IMAGES))
    stayed = images_before.keys() & images_after.keys() | before.keys() & after.keys()
    for container in sorted(stayed):
        for resource, unit in (("cpu", Unit.CORES), ("memory", Unit.BYTES)):
            former, now = (
                {unit.show(limit) for (name,), limit in side.get(container, ()) if name == resource}
                for side in (before, after)
            )
            if now - former or (former and not now):
                detail = f"{resource}: {_listed(former)} -> {_listed(now)}"
                yield _Happened(ChangeKind.LIMIT_CHANGED, _name(container), detail)


def _by_container(values: _Values) -> dict[_Key, set[tuple[_Key, float]]]:
    """What is told of the containers of one name, in whichever pods."""
    told: dict[_Key, set[tuple[_Key, float]]] = {}
    for key, value in values.items():
        namespace, _, container, *rest = key
        told.setdefault((namespace, container), set()).add((tuple(rest), value))
    return told


def _scaled(pairs: _Pairs) -> Iterator[_Happened]:
    for name, words in (
        (Watched.WANTED_REPLICAS, "wanted replicas"),
        (Watched.READY_REPLICAS, "ready replicas"),
        (Watched.AUTOSCALER_NOW, "replicas"),
        (Watched.AUTOSCALER_WANTED, "replicas that the autoscaler wants"),
    ):
        for workload, former, now in _both(pairs, name):
            if now != former:
                detail = f"{words}: {former:.0f} -> {now:.0f}"
                yield _Happened(ChangeKind.SCALED, _name(workload), detail)
    for pod, former, now in _both(pairs, Watched.READY):
        if now != former:
            detail = "became ready" if now > former else "is no longer ready"
            yield _Happened(ChangeKind.SCALED, _name(pod), detail)
    yield from _scaling(pairs)


def _scaling(pairs: _Pairs) -> Iterator[_Happened]:
    """An autoscaler that wants another number than there is has not finished."""
    _, has = pairs.of(Watched.AUTOSCALER_NOW)
    _, wants = pairs.of(Watched.AUTOSCALER_WANTED)
    _, highest = pairs.of(Watched.AUTOSCALER_HIGHEST)
    for autoscaler in sorted(has.keys() & wants.keys()):
        if wants[autoscaler] != has[autoscaler]:
            most = highest.get(autoscaler)
            of = "" if most is None else f" of at most {most:.0f}"
            detail = f"has {has[autoscaler]:.0f} replicas, wants {wants[autoscaler]:.0f}{of}"
            yield _Happened(ChangeKind.SCALED, _name(autoscaler), detail)


def _both(pairs: _Pairs, name: Watched) -> Iterator[tuple[_Key, float, float]]:
    """What was told before and is told now."""
    before, after = pairs.of(name)
    for key in sorted(before.keys() & after.keys()):
        yield key, before[key], after[key]


def _name(key: _Key) -> str:
    return "/".join(part for part in key if part)


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words)) if words else "none"
